# SPDX-License-Identifier: BSD-2-Clause
# bash completion for kss-load. Options stand here, one list a command, and a test holds them against --help; names of
# domains, types, classes and permissions come from `kss-load __complete`.

_kss_load_value_of() { # last value of an option on the line
  local i
  for ((i = COMP_CWORD - 1; i > 1; i--)); do
    if [[ ${COMP_WORDS[i - 1]} == "$1" ]]; then
      printf '%s' "${COMP_WORDS[i]}"
      return
    fi
  done
}

_kss_load_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_kss_load_ask() { # kss-load __complete WHAT …, on the policy named by --policy if there is one
  local policy
  policy=$(_kss_load_value_of --policy)
  _kss_load_words "$(kss-load __complete "$@" ${policy:+--policy "$policy"} 2>/dev/null)"
}

_kss_load_of_file() { # the same of the policy that graph and query name by position: a word that is a file
  local i
  [[ ${COMP_WORDS[1]} == graph || ${COMP_WORDS[1]} == query ]] || return 1
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ -f ${COMP_WORDS[i]} ]]; then
      _kss_load_words "$(kss-load __complete "$1" --policy "${COMP_WORDS[i]}" 2>/dev/null)"
      return 0
    fi
  done
  return 1
}

_kss_load() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} i
  local common='--help --json --color' place='--pin-dir --state-dir'
  local load="--dry-run --allow-degraded --btf --signature --key --rate --ring-size --include $place"
  local commands='check test compile load swap unload status run audit explain probe graph query diff'
  COMPREPLY=()

  if ((COMP_CWORD == 1)); then
    _kss_load_words "$commands --help --version"
    return
  fi
  if [[ $command == run ]]; then
    for ((i = 2; i < COMP_CWORD; i++)); do
      if [[ ${COMP_WORDS[i]} == -- ]]; then # what follows is another command's line
        if ((i + 1 == COMP_CWORD)); then
          mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        else
          compopt -o default
        fi
        return
      fi
    done
  fi

  case $prev in
    --color) _kss_load_words 'auto always never'; return ;;
    --domain)
      _kss_load_of_file domains && return
      _kss_load_ask domains
      return
      ;;
    --what) _kss_load_of_file domains; return ;;
    --who | --from | --to) _kss_load_of_file types; return ;;
    --object) _kss_load_ask types; return ;;
    --class) _kss_load_ask classes; return ;;
    --perm) _kss_load_ask perms --class "$(_kss_load_value_of --class)"; return ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$cur"); return ;;
    --include | -I | --pin-dir | --state-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames; return ;;
    --btf | --challenge | --signature | --key | --seal | --sign | --junit | --policy | --path | --unix | --output | -o)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames; return ;;
    --reserve) _kss_load_words any; return ;;
    --without) _kss_load_words task-storage inode-storage socket-storage; return ;;
    --rate | --ring-size | --state-cells | --since | --last | --inet | --max-nodes | --min-score) return ;;
  esac

  local options
  case $command in
    check) options="$common --stats --no-tests --strict --include" ;;
    compile) options="$common --output --sign --include" ;;
    load) options="$common $load --seal --reserve --state-cells --without" ;;
    swap) options="$common $load --reset-state" ;;
    unload) options="$common $place --challenge --signature" ;;
    status) options="$common --all $place" ;;
    run) options="$common --domain --user --no-new-privs --" ;;
    audit) options="$common --follow --domain --since $place" ;;
    explain) options="$common --last --domain --class --perm --path --inet --unix --object --policy --include $place" ;;
    probe) options="$common --btf --all" ;;
    graph) options="$common --output --domain --max-nodes --include" ;;
    test) options="$common --unused --mutate --min-score --all --junit --include" ;;
    diff) options="$common --strict --include" ;;
    query) options="$common --what --who --class --perm --from --to --levels --classes --include" ;;
    *) return ;;
  esac
  case $command:$cur in
    *:-*) _kss_load_words "$options" ;;
    check:* | compile:* | load:* | swap:* | graph:* | query:* | diff:* | test:*) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames ;;
    *) _kss_load_words "$options" ;;
  esac
}

complete -F _kss_load kss-load
