// SPDX-License-Identifier: BSD-2-Clause
// The reader of audit records. Records that one reader has taken no other sees.
#include <bpf/libbpf.h>
#include <poll.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "backend/load.hpp"
#include "backend/pins.hpp"
#include "backend/seal.hpp"

namespace kss::backend {
namespace {

struct Reader {
  const std::function<bool(const kss_audit&)>* sink;
  bool stopped = false;
};

int take(void* context, void* data, size_t size) {
  auto* reader = static_cast<Reader*>(context);
  kss_audit record{};
  // A record may end after the part of its path that is used.
  if (size < offsetof(kss_audit, path)) return 0;
  std::memcpy(&record, data, size < sizeof record ? size : sizeof record);
  if (record.path_len > KSS_AUDIT_PATH) record.path_len = KSS_AUDIT_PATH;
  if ((*reader->sink)(record)) return 0;
  reader->stopped = true;
  return -ECANCELED;
}

}  // namespace

namespace {

/// While sealed the agent alone may read the ring buffer: it is asked again and again.
Status follow_sealed(const LoadOptions& options, const std::function<bool()>& wait,
                     const std::function<bool(const kss_audit&)>& sink) {
  for (;;) {
    auto records = records_sealed(options);
    if (!records) return records.error();
    for (const kss_audit& record : *records)
      if (!sink(record)) return Unit{};
    if (!records->empty()) continue;
    if (!wait()) return Unit{};
    poll(nullptr, 0, 300);
  }
}

}  // namespace

Status read_audit(const LoadOptions& options, const std::function<bool()>& wait,
                  const std::function<bool(const kss_audit&)>& sink) {
  auto events = Pins(options.pin_dir).open("map", "kss_events");
  if (!events && events.error().sys_errno == EPERM) return follow_sealed(options, wait, sink);
  if (!events && events.error().sys_errno == ENOENT)
    return Error{"no policy is in force", "kss-load load IMAGE", ENOENT};
  if (!events) return events.error();
  Reader reader{&sink};
  std::unique_ptr<ring_buffer, void (*)(ring_buffer*)> ring(ring_buffer__new(events->get(), take, &reader, nullptr),
                                                            ring_buffer__free);
  if (!ring) return sys_error("cannot read the ring buffer");
  for (;;) {
    int n = ring_buffer__consume(ring.get());
    if (reader.stopped || (n == 0 && !wait())) return Unit{};
    if (n == 0) n = ring_buffer__poll(ring.get(), 500);
    if (reader.stopped) return Unit{};
    if (n < 0 && n != -EINTR) return sys_error_of(-n, "cannot read the ring buffer");
  }
}

}  // namespace kss::backend
