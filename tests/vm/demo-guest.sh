#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What ci/demo shows, in a guest: three services at work under a policy, and what an attacker inside one of them can do
# without and with KSS. COLOR=1: colours; PACE: seconds between lines. Exit 0 only if all came as expected.
set -u
PACE=${PACE:-0} failures=0
bold='' dim='' red='' green='' reset=''
if [[ ${COLOR:-0} == 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' reset=$'\e[0m'
fi
say() { printf '%s\n' "$*"; [[ $PACE == 0 ]] || sleep "$PACE"; }
title() { say; say "$bold$*$reset"; }
expect() { # expect NAME WANTED GOT
  if [[ $2 == "$3" ]]; then say "  ${green}ok${reset}    $1"; else
    say "  ${red}FAIL${reset}  $1: expected '$2', got '$3'"
    failures=$((failures + 1))
  fi
}
until_up() { # until_up PORT
  local n
  for ((n = 0; n < 100; n++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.2
  done
  return 1
}
number() { kss-load status --json | sed -n "s/.*\"$1\": *\\([0-9]*\\).*/\\1/p" | head -n 1; }
attack() {
  kss-attack --demo --base /srv/kss --full /usr/local/sbin/nginx --secret /etc/dropbear/dropbear_ed25519_host_key --own /var/lib/nginx \
    --victim 'exec mosquitto -c /etc/mosquitto/mosquitto.conf' 2>/dev/null
}

chmod 1777 /tmp
mkdir -p /root/.ssh /var/lib/nginx /etc/dropbear /usr/local/sbin
chmod 700 /root /root/.ssh
{
  dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key
  ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
} >/dev/null 2>&1 </dev/null
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys

title "1. An attacker takes over nginx on a device without KSS, as root"
attack >/tmp/before
while IFS=$'\t' read -r _ got _ _ text; do
  if [[ $got == ok ]]; then say "  ${red}works${reset}   $text"; else say "  $got  $text"; fi
done </tmp/before
rm -rf /var/lib/nginx /var/log/nginx/*
mkdir -p /var/lib/nginx

title "2. The policy is loaded: kss-load load demo.yaml"
kss-load load /policies/demo.yaml 2>&1 | sed 's/^/  /'
expect "the policy is in force" true "$(kss-load status --json | sed -n 's/.*"armed": *\([a-z]*\).*/\1/p')"
kss-load audit --json >/dev/null # the records of the load's own test of every hook
denials=$(number denials)

title "3. The services start, each in its domain"
/usr/sbin/nginx # /usr/local/sbin/nginx is the attacker
mosquitto -d -c /etc/mosquitto/mosquitto.conf
dropbear -s
for port in 80 1883 22; do until_up $port || say "  nothing listens on port $port"; done
status=$(kss-load status --json)
for domain in nginx mosquitto dropbear; do
  tasks=$(sed -n "s/.*\"$domain\": *\\([0-9]*\\).*/\\1/p" <<<"$status" | head -n 1)
  expect "$domain runs in domain $domain (${tasks:-0} tasks)" yes "$([[ ${tasks:-0} -gt 0 ]] && echo yes || echo no)"
done

title "4. Their clients notice nothing"
expect "curl fetches the page" "Welcome to nginx!" "$(curl -s --max-time 60 http://127.0.0.1/ | sed -n 's:.*<h1>\(.*\)</h1>.*:\1:p')"
(sleep 4; timeout 60 mosquitto_pub -h 127.0.0.1 -t plant/valve -m open) &
expect "mosquitto_pub reaches mosquitto_sub" open "$(timeout 90 mosquitto_sub -h 127.0.0.1 -t plant/valve -C 1)"
wait %1 2>/dev/null
expect "ssh logs in with a key and runs a command" "root 42" \
  "$(timeout 120 ssh -o StrictHostKeyChecking=no -o LogLevel=ERROR -o BatchMode=yes root@127.0.0.1 'whoami | tr "\n" " "; expr 6 \* 7' </dev/null)"
expect "denials so far" 0 "$(($(number denials) - denials))"
if [[ $(number denials) != "$denials" ]]; then kss-load audit | sed 's/^/  /'; fi

title "5. The same attacker, in nginx' domain, under KSS"
kill "$(pidof mosquitto)"
sleep 1
attack >/tmp/after
kss-load audit --json >/tmp/records
# name, before, after, text, domain, object, class, permissions; a field with nothing in it is a dash
awk -F '\t' '
function field(line, key,   v) {
  if (!match(line, "\"" key "\": ?(\"[^\"]*\"|[0-9]+)")) return ""
  v = substr(line, RSTART, RLENGTH)
  sub("^\"" key "\": ?", "", v)
  gsub("\"", "", v)
  return v
}
FILENAME == "/tmp/before" { before[$1] = $2; next }
FILENAME == "/tmp/records" {
  if (field($0, "verdict") == "deny") # the last one of a process is what ended its attempt
    record[field($0, "pid")] = field($0, "domain") "\t" field($0, "object") "\t" field($0, "class") "\t" field($0, "denied")
  next
}
{ print $1 "\t" before[$1] "\t" $2 "\t" $5 "\t" ($3 in record ? record[$3] : "-\t-\t-\t-") }
' /tmp/before /tmp/records /tmp/after >/tmp/joined
while IFS=$'\t' read -r _ _ after text domain object class perms; do
  if [[ $after != ok && $domain == nginx ]]; then
    say "  ${green}DENIED${reset}  $text"
    say "          ${dim}the policy has no rule \"nginx $object : $class { $perms }\"$reset"
  else
    say "  ${red}$after${reset}  $text  ${dim}($domain $object : $class $perms)$reset"
  fi
done </tmp/joined

title "6. The services, after the attack"
expect "nginx still serves" "Welcome to nginx!" "$(curl -s --max-time 60 http://127.0.0.1/ | sed -n 's:.*<h1>\(.*\)</h1>.*:\1:p')"
expect "the policy is still in force" true "$(kss-load status --json | sed -n 's/.*"armed": *\([a-z]*\).*/\1/p')"

title "An attacker in nginx tries to …                      without KSS   with KSS   what the audit log names"
stopped=0 tried=0
while IFS=$'\t' read -r _ before after text domain object class perms; do
  tried=$((tried + 1))
  if [[ $before == ok && $after != ok && $domain == nginx ]]; then
    stopped=$((stopped + 1))
    verdict="${green}DENIED${reset} "
  else
    failures=$((failures + 1))
    verdict="${red}$(printf %-7s "$([[ $after == ok ]] && echo works || echo "$after")")${reset}"
  fi
  say "$(printf '  %-50s %-13s' "$text" "$([[ $before == ok ]] && echo works || echo "$before")") $verdict    $class $object { $perms }"
done </tmp/joined
say
[[ $tried -gt 0 ]] || failures=$((failures + 1))
if ((failures)); then
  say "${red}${bold}$stopped of $tried attacks stopped, $failures expectations not met.$reset"
  exit 1
fi
say "${green}${bold}All $tried attacks worked without KSS; all were denied with it, and no client noticed.$reset"
