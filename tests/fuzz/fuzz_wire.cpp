// SPDX-License-Identifier: BSD-2-Clause
// What comes over the agent's socket, either way: any bytes are refused, or have only the values that wire.hpp allows;
// what is read and written again stays the same. The first byte picks the parser.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "backend/wire.hpp"

namespace {

using namespace kss::backend;

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "fuzz_wire: %s\n", what);
  std::abort();
}

void try_request(std::span<const std::byte> bytes) {
  auto request = wire::parse_request(bytes);
  if (!request) return;
  must(bytes.size() == wire::header_bytes, "a request of another size");
  must(request->length <= wire::max_request, "a request without bounds");
  switch (request->operation) {
    case wire::Operation::challenge:
    case wire::Operation::status:
    case wire::Operation::audit: must(request->length == 0, "a question with a payload"); break;
    case wire::Operation::unload: must(request->length == signature_bytes, "no signature"); break;
    case wire::Operation::replace:
      must(request->length > signature_bytes && (request->length - signature_bytes) % KSS_CHUNK == 0,
           "no whole chunks");
      break;
    default: must(false, "an operation that does not exist");
  }
  const std::string again = wire::make_request(request->operation, request->length);
  must(std::memcmp(again.data(), bytes.data(), again.size()) == 0, "a request read differently than written");
}

void try_answer(std::span<const std::byte> bytes) {
  auto answer = wire::parse_answer(bytes);
  if (!answer) return;
  must(bytes.size() == wire::header_bytes && answer->length <= wire::max_answer, "an answer without bounds");
  const std::string again = wire::make_answer(answer->done, answer->error, std::string(answer->length, 'x'));
  must(std::memcmp(again.data(), bytes.data(), wire::header_bytes) == 0, "an answer read differently than written");
}

void try_records(const std::string& text) {
  const auto records = wire::read_records(text);
  must(records.size() <= text.size() / 4, "more records than bytes");
  std::string again;
  for (const kss_audit& r : records) {
    must(r.path_len <= KSS_AUDIT_PATH, "a path longer than its record");
    wire::write_record(again, r);
  }
  const auto back = wire::read_records(again);
  must(back.size() == records.size(), "records lost");
  for (size_t i = 0; i < back.size(); i++)
    must(std::memcmp(&back[i], &records[i], offsetof(kss_audit, path) + records[i].path_len) == 0, "a record changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (!size) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto bytes = std::as_bytes(std::span(text));
  switch (data[0] % 6) {
    case 0: try_request(bytes); break;
    case 1: try_answer(bytes); break;
    case 2: try_records(text); break;
    case 3: {
      const std::string once = wire::write_report(wire::read_report(text));
      must(wire::write_report(wire::read_report(once)) == once, "a report changed");
      break;
    }
    case 4: {
      const std::string once = wire::write_status(wire::read_status(text));
      must(wire::write_status(wire::read_status(once)) == once, "a status changed");
      break;
    }
    default: {
      const kss::Error e = wire::read_error(text, 1);
      must(wire::write_error(e).size() >= text.size(), "an error lost text");
    }
  }
  return 0;
}
