# SPDX-License-Identifier: BSD-2-Clause
# fish completion for kss-load. Options stand here, one a line, and a test holds them against --help; names of domains,
# types, classes and permissions come from `kss-load __complete`.

function __kss_load_perms
    set -l words (commandline -opc)
    set -l at (contains -i -- --class $words)
    and kss-load __complete perms --class $words[(math $at + 1)] 2>/dev/null
end

set -l commands check test compile load swap unload status run audit explain probe graph query diff
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -f
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -l version -d "Print the version"
complete -c kss-load -s h -l help -d "Options and examples"
complete -c kss-load -n "__fish_seen_subcommand_from $commands" -l json -d "Write JSON on standard output"
complete -c kss-load -n "__fish_seen_subcommand_from $commands" -l color -x -a "auto always never" -d Colours
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a check -d "Check a policy and run its own tests"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a test -d "Run a policy's own tests"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a compile -d "Compile a policy to an image"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a load -d "Put a policy in force"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a swap -d "Replace the policy in force in one step"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a unload -d "End enforcement and remove the policy"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a status -d "Show the policy in force"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a run -d "Run a command in a domain"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a audit -d "Show denials and audited grants"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a explain -d "Explain a denial and say what would grant it"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a probe -d "Show what this kernel can enforce"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a graph -d "Draw a policy"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a query -d "Ask what a policy grants"
complete -c kss-load -n "not __fish_seen_subcommand_from $commands" -a diff -d "Say what a new policy changes"

# check
complete -c kss-load -n "__fish_seen_subcommand_from check" -l stats -d "Show sizes and classes"
complete -c kss-load -n "__fish_seen_subcommand_from check" -l no-tests -d "Do not run the tests"
complete -c kss-load -n "__fish_seen_subcommand_from check" -l strict -d "Fail on warnings"
complete -c kss-load -n "__fish_seen_subcommand_from check" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"

# compile
complete -c kss-load -n "__fish_seen_subcommand_from compile" -s o -l output -r -F -d "Image to write"
complete -c kss-load -n "__fish_seen_subcommand_from compile" -l sign -r -F -d "Private key"
complete -c kss-load -n "__fish_seen_subcommand_from compile" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"

# load
complete -c kss-load -n "__fish_seen_subcommand_from load" -l dry-run -d "Put nothing in force"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l allow-degraded -d "Go on although something is not mediated"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l btf -r -F -d "Kernel type information"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l signature -r -F -d "Detached signature"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l key -r -F -d "Public key of the signature"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l rate -x -d "Audit records a second"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l ring-size -x -d "Bytes of the ring buffer"
complete -c kss-load -n "__fish_seen_subcommand_from load" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l pin-dir -x -a "(__fish_complete_directories)" -d "Where maps and links are pinned"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l state-dir -x -a "(__fish_complete_directories)" -d "Where images and denials are kept"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l reserve -x -a any -d "Room for later policies"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l state-cells -x -d "Room for the state of flows and formulas"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l without -x -a "task-storage inode-storage socket-storage" -d "To debug KSS: do without"
complete -c kss-load -n "__fish_seen_subcommand_from load" -l seal -r -F -d "Public key to seal with"

# swap
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l reset-state -d "Flows and formulas that have changed begin anew"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l dry-run -d "Put nothing in force"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l allow-degraded -d "Go on although something is not mediated"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l btf -r -F -d "Kernel type information"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l signature -r -F -d "Detached signature"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l key -r -F -d "Public key of the signature"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l rate -x -d "Audit records a second"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l ring-size -x -d "Bytes of the ring buffer"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l pin-dir -x -a "(__fish_complete_directories)" -d "Where maps and links are pinned"
complete -c kss-load -n "__fish_seen_subcommand_from swap" -l state-dir -x -a "(__fish_complete_directories)" -d "Where images and denials are kept"

# unload
complete -c kss-load -n "__fish_seen_subcommand_from unload" -f
complete -c kss-load -n "__fish_seen_subcommand_from unload" -l pin-dir -x -a "(__fish_complete_directories)" -d "Where maps and links are pinned"
complete -c kss-load -n "__fish_seen_subcommand_from unload" -l state-dir -x -a "(__fish_complete_directories)" -d "Where images and denials are kept"

# status
complete -c kss-load -n "__fish_seen_subcommand_from status" -f
complete -c kss-load -n "__fish_seen_subcommand_from status" -l all -d "Hooks and zero counters too"
complete -c kss-load -n "__fish_seen_subcommand_from status" -l pin-dir -x -a "(__fish_complete_directories)" -d "Where maps and links are pinned"
complete -c kss-load -n "__fish_seen_subcommand_from status" -l state-dir -x -a "(__fish_complete_directories)" -d "Where images and denials are kept"
complete -c kss-load -n "__fish_seen_subcommand_from unload" -l challenge -r -F -d "Write what has to be signed"
complete -c kss-load -n "__fish_seen_subcommand_from unload" -l signature -r -F -d "Signature over it"

# run
complete -c kss-load -n "__fish_seen_subcommand_from run" -f
complete -c kss-load -n "__fish_seen_subcommand_from run" -x -a "(__fish_complete_subcommand)"
complete -c kss-load -n "__fish_seen_subcommand_from run" -l domain -x -a "(kss-load __complete domains 2>/dev/null)" -d "Domain to enter"
complete -c kss-load -n "__fish_seen_subcommand_from run" -l user -x -a "(__fish_complete_users)" -d "User"
complete -c kss-load -n "__fish_seen_subcommand_from run" -l no-new-privs -d "Set no_new_privs"

# audit
complete -c kss-load -n "__fish_seen_subcommand_from audit" -f
complete -c kss-load -n "__fish_seen_subcommand_from audit" -s f -l follow -d "Wait for more"
complete -c kss-load -n "__fish_seen_subcommand_from audit" -l domain -x -a "(kss-load __complete domains 2>/dev/null)" -d "Only this domain"
complete -c kss-load -n "__fish_seen_subcommand_from audit" -l since -x -a "90s 10m 2h 1d" -d "Kept denials too"
complete -c kss-load -n "__fish_seen_subcommand_from audit" -l pin-dir -x -a "(__fish_complete_directories)" -d "Where maps and links are pinned"
complete -c kss-load -n "__fish_seen_subcommand_from audit" -l state-dir -x -a "(__fish_complete_directories)" -d "Where images and denials are kept"

# explain
complete -c kss-load -n "__fish_seen_subcommand_from explain" -f
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l last -x -d "How many denials"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l domain -x -a "(kss-load __complete domains 2>/dev/null)" -d "Domain of the task"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l class -x -a "(kss-load __complete classes 2>/dev/null)" -d "Class"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l perm -x -a "(__kss_load_perms)" -d "Permission"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l path -r -F -d "File"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l inet -x -d "Address"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l unix -r -F -d "Unix name"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l object -x -a "(kss-load __complete types 2>/dev/null)" -d "Type or domain"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l policy -r -F -d "Policy or image"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l pin-dir -x -a "(__fish_complete_directories)" -d "Where maps and links are pinned"
complete -c kss-load -n "__fish_seen_subcommand_from explain" -l state-dir -x -a "(__fish_complete_directories)" -d "Where images and denials are kept"

# probe
complete -c kss-load -n "__fish_seen_subcommand_from probe" -f
complete -c kss-load -n "__fish_seen_subcommand_from probe" -l btf -r -F -d "Kernel type information"
complete -c kss-load -n "__fish_seen_subcommand_from probe" -l all -d "Every hook"

# graph
complete -c kss-load -n "__fish_seen_subcommand_from graph" -s o -l output -r -F -d "FILE.svg or FILE.dot"
complete -c kss-load -n "__fish_seen_subcommand_from graph" -l domain -x -a "(kss-load __complete domains 2>/dev/null)" -d "Only this domain"
complete -c kss-load -n "__fish_seen_subcommand_from graph" -l max-nodes -x -d "Fold beyond this many nodes"
complete -c kss-load -n "__fish_seen_subcommand_from graph" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"

# test
complete -c kss-load -n "__fish_seen_subcommand_from test" -l unused -d "Rules that no test uses"
complete -c kss-load -n "__fish_seen_subcommand_from test" -l mutate -d "What no test notices"
complete -c kss-load -n "__fish_seen_subcommand_from test" -l min-score -x -d "Fail below this percentage"
complete -c kss-load -n "__fish_seen_subcommand_from test" -l all -d "Rules of included files, too"
complete -c kss-load -n "__fish_seen_subcommand_from test" -l junit -r -F -d "Write JUnit XML"
complete -c kss-load -n "__fish_seen_subcommand_from test" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"

# diff
complete -c kss-load -n "__fish_seen_subcommand_from diff" -l strict -d "Fail if more is possible"
complete -c kss-load -n "__fish_seen_subcommand_from diff" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"

# query
complete -c kss-load -n "__fish_seen_subcommand_from query" -l what -x -a "(kss-load __complete domains 2>/dev/null)" -d "What this domain may do"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l who -x -a "(kss-load __complete types 2>/dev/null)" -d "Who may do what to it"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l class -x -a "(kss-load __complete classes 2>/dev/null)" -d "Only this class"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l perm -x -d "Only these permissions"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l from -x -a "(kss-load __complete types 2>/dev/null)" -d "Where information comes from"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l to -x -a "(kss-load __complete types 2>/dev/null)" -d "Where it may come to"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l levels -d "List levels"
complete -c kss-load -n "__fish_seen_subcommand_from query" -l classes -d "List classes and permissions"
complete -c kss-load -n "__fish_seen_subcommand_from query" -s I -l include -x -a "(__fish_complete_directories)" -d "Also look here for included files"
