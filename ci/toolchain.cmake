# SPDX-License-Identifier: BSD-2-Clause
# Cross building with Debian's cross compilers; ci/cross gives KSS_ARCH (Debian's name of the architecture) and
# KSS_SYSROOT, where the architecture's -dev packages are unpacked. The C library is the compiler's own.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KSS_ARCH KSS_SYSROOT)

if(KSS_ARCH STREQUAL "arm64")
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(triplet aarch64-linux-gnu)
elseif(KSS_ARCH STREQUAL "ppc64el")
  set(CMAKE_SYSTEM_PROCESSOR ppc64le)
  set(triplet powerpc64le-linux-gnu)
else()
  message(FATAL_ERROR "KSS_ARCH is '${KSS_ARCH}', not arm64 or ppc64el")
endif()

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_CXX_COMPILER ${triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
set(CMAKE_FIND_ROOT_PATH ${KSS_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES ${KSS_SYSROOT}/usr/include ${KSS_SYSROOT}/usr/include/${triplet})
set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES ${CMAKE_C_STANDARD_INCLUDE_DIRECTORIES})
