# SPDX-License-Identifier: BSD-2-Clause
# awk -F '\t' -f attacks.awk before records after: the attacks' results without KSS and with it, and the audit records of
# the latter. A line for each attack; fails if one works in spite of KSS, or is not explained.
function field(line, key,   v) { # of a flat JSON object
  if (!match(line, "\"" key "\": ?(\"[^\"]*\"|[0-9]+)")) return ""
  v = substr(line, RSTART, RLENGTH)
  sub("^\"" key "\": ?", "", v)
  gsub("\"", "", v)
  return v
}
BEGIN {
  # Attacks that are known to succeed, with the reason; bpf/README.md lists them. One that is denied after all is a
  # failure too, so that it leaves this list.
}
FILENAME ~ /before$/ { before[$1] = $2; next }
FILENAME ~ /records$/ {
  pid = field($0, "pid")
  n[pid]++
  record[pid, n[pid]] = field($0, "class") " " field($0, "object") " " field($0, "denied") " (domain " field($0, "domain") ")"
  next
}
{
  name = $1; total++
  split($4, want, " ")
  found = ""; seen = ""
  for (i = 1; i <= n[$3]; i++) {
    split(record[$3, i], r, " ")
    seen = seen "; " record[$3, i]
    object = want[2] == "self" ? r[2] : want[2]
    if (r[1] == want[1] && (want[2] == "*" || r[2] == object || (want[2] == "self" && r[2] ~ /^attacker/)) &&
        index(" " substr(record[$3, i], length(r[1] " " r[2]) + 1) " ", " " want[3] " ")) found = record[$3, i]
  }
  if (before[name] ~ /^(ENOSYS|ENODEV|EAFNOSUPPORT|ESOCKTNOSUPPORT|EPROTONOSUPPORT|EOPNOTSUPP|ENXIO)$/) {
    verdict = "n/a "; absent++; why = "this kernel: " before[name]
  } else if (before[name] != "ok") { verdict = "FAIL"; why = "does not work without KSS: " before[name] }
  else if ((name in gap) && $2 == "ok") { verdict = "GAP "; gaps++; why = gap[name] }
  else if (name in gap) { verdict = "FAIL"; why = "is denied: it is no gap any more" seen }
  else if ($2 == "ok") { verdict = "FAIL"; why = "works in spite of KSS" seen }
  else if (found == "") { verdict = "FAIL"; why = $2 ", but no record of " $4 seen }
  else { verdict = "ok  "; passed++; why = $2 "  " found }
  if (verdict == "FAIL") failed++
  printf "%s %-20s %-58s %s\n", verdict, name, $5, why
}
END {
  printf "attacks: %d tried, %d denied and explained, %d not in this kernel, %d known gaps, %d failed\n", total, passed, absent, gaps, failed
  exit failed > 0
}
