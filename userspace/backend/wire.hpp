// SPDX-License-Identifier: BSD-2-Clause
// What kss-load and the agent of a sealed policy say to each other, over the unix stream socket STATE_DIR/agent.
//
// One request and one answer a connection. All numbers are little-endian. A header of 16 bytes, then `length` bytes:
//
//   request: u32 magic "KSSQ" · u16 version 1 · u16 operation · u32 0 · u32 length
//     challenge (1): nothing                           -> answer: the bytes to be signed for `unload`
//     replace   (2): signature[64] · image             -> answer: a report. Signed: the image, as in its file
//     unload    (3): signature[64]                     -> answer: nothing. Signed: the challenge
//     status    (4): nothing                           -> answer: a status
//     audit     (5): nothing                           -> answer: the audit records that waited, which are taken
//   answer:  u32 magic "KSSA" · u16 version 1 · u16 0 = done, 1 = refused · u32 errno · u32 length
//     report: lines, each a letter and a text: g generation, a attach, h hook, n note, l lost, k kernel bytes, t µs
//     status: lines likewise: p policy, v version, g generation, f flags (letters P permissive, S sealed, R rejudging,
//     A armed), a attach, h hook, c counter, k kernel bytes, t tasks of a domain ("number name")
//     records: each u32 size · that many bytes of a struct kss_audit, the rest being zero
//     refused: message, a zero byte, hint
//
// The challenge is "kss-unload\n" and 32 random bytes; it changes when it has been used and when the agent starts. An
// image needs none: while sealed each has to have a higher version than the one before. Replacing keeps the
// --allow-degraded that the policy was sealed with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "backend/backend.hpp"
#include "backend/signing.hpp"

namespace kss::backend::wire {

constexpr size_t header_bytes = 16;
constexpr uint32_t max_request = KSS_MAX_CHUNKS * KSS_CHUNK + static_cast<uint32_t>(signature_bytes);
constexpr uint32_t max_answer = 1u << 20;

enum class Operation : uint16_t { challenge = 1, replace = 2, unload = 3, status = 4, audit = 5 };

struct RequestHeader {
  Operation operation = Operation::challenge;
  uint32_t length = 0;
};
/// Checks all of it: magic, version, operation, and the length that the operation may have. Never reads beyond `bytes`.
Result<RequestHeader> parse_request(std::span<const std::byte> bytes);
std::string make_request(Operation operation, uint32_t length);

struct AnswerHeader {
  bool done = false;
  int error = 0;
  uint32_t length = 0;
};
Result<AnswerHeader> parse_answer(std::span<const std::byte> bytes);
std::string make_answer(bool done, int error, const std::string& payload);  // header and payload

std::string write_report(const LoadReport& report);
LoadReport read_report(const std::string& text);  // what it does not understand it leaves out
std::string write_status(const StatusReport& status);
StatusReport read_status(const std::string& text);  // as read_report
constexpr size_t max_record = 4 + sizeof(kss_audit);
void write_record(std::string& to, const kss_audit& record);
std::vector<kss_audit> read_records(const std::string& bytes);  // those that are whole
std::string write_error(const Error& error);
Error read_error(const std::string& text, int error);

}  // namespace kss::backend::wire
