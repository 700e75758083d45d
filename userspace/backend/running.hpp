// SPDX-License-Identifier: BSD-2-Clause
// What is in force: opened through its pins.
#pragma once

#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "backend/object.hpp"
#include "backend/pins.hpp"
#include "backend/sys.hpp"

namespace kss::backend {

struct Running {
  Pins pins{""};
  Control control;
  Fd images;  // kss_images
  Fd image;   // the map in force
  uint32_t generation = 0;
  uint32_t policy_version = 0;
  bool permissive = false;
  kss_attach attach = KSS_ATTACH_LSM;
  bool task_storage = false;
  uint32_t image_room = 0;      // chunks that an image may have; 0 = any number
  uint32_t cells = 0;           // room for the state of flows and formulas; 0 = there is none
  uint32_t runtime_chunks = 0;  // of the image in force

  std::vector<std::string> hooks() const { return pins.names("link"); }
};

/// Error with ENOENT if nothing is in force (no pins, or those of a load that did not finish), with EPERM if what is in
/// force is sealed and we are not the agent: then the agent has to be asked.
Result<Running> open_running(const std::string& pin_dir);

/// Name of a policy in an image's debug part; empty if it has none.
std::string policy_name(std::span<const kss_chunk> image);

/// Of each task in a domain, the domain's identity (kss_name64).
std::vector<uint64_t> labelled_tasks(const Running& running);
/// Number of all tasks.
uint64_t count_tasks();

}  // namespace kss::backend
