// SPDX-License-Identifier: GPL-2.0
/* One object: the maps, the control words and a program for each row of include/kss/hooks.h. */
#include "maps.h"
#include "cgroup.h"
#include "digest.h"
#include "task.bpf.c"
#include "file.bpf.c"
#include "name.bpf.c"
#include "socket.bpf.c"
#include "ipc.bpf.c"
#include "system.bpf.c"

char _license[] SEC("license") = "GPL";
