/** The scripts that make a shell complete the words of bulkx. They ask `bulkx __complete`, and know nothing themselves. */

const bash = `# Completion of bulkx for bash 3.2 and newer. It needs no other package: \`bulkx completion --help\` says where it belongs.
# Bash splits words at = and :, and completes the last piece; bulkx is asked for whole words, up to the cursor.
# shellcheck shell=bash

_bulkx_words() {
  local rest=$COMP_LINE raw space i upto
  _bulkx_line=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    raw=\${COMP_WORDS[i]}
    space=\${rest%%[![:space:]]*}
    rest=\${rest#"$space"}
    if ((i == COMP_CWORD)); then
      upto=$((COMP_POINT - (\${#COMP_LINE} - \${#rest})))
      raw=\${raw:0:$((upto > 0 ? upto : 0))}
    fi
    if ((i > 1)) && [[ -z $space ]]; then
      _bulkx_line[\${#_bulkx_line[@]} - 1]+=$raw
    else
      _bulkx_line+=("$raw")
    fi
    rest=\${rest#"$raw"}
  done
}

_bulkx() {
  local IFS=$' \\t\\n'
  local program=\${1-} current='' start='' answer='' line='' value='' manner='' mark=''
  local -a _bulkx_line
  COMPREPLY=()
  _bulkx_words
  current=\${_bulkx_line[\${#_bulkx_line[@]} - 1]}
  current=\${current#[\\"\\']}
  _bulkx_line[\${#_bulkx_line[@]} - 1]=$current
  case $program in
    \\~/*) program=\${HOME-}/\${program:2} ;;
  esac
  if [[ $program != */* || ! -x $program ]]; then program=bulkx; fi
  answer=$(command "$program" __complete "\${_bulkx_line[@]:1}" 2>/dev/null </dev/null) || return 0
  # What stands before the last = or : is not replaced where bash breaks words there.
  for mark in = :; do
    case \${COMP_WORDBREAKS-} in
      *"$mark"*)
        case $current in
          *"$mark"*)
            value=\${current%"$mark"*}$mark
            if ((\${#value} > \${#start})); then start=$value; fi
            ;;
        esac
        ;;
    esac
  done
  while IFS= read -r line; do
    case $line in
      :*) manner=$line ;;
      *)
        value=\${line%%$'\\t'*}
        COMPREPLY+=("\${value#"$start"}")
        ;;
    esac
  done <<<"$answer"
  _bulkx_finish "$manner" "\${current#"$start"}"
}

# How the shell goes on; bash 3.2, which has no compopt, is given the files themselves.
_bulkx_finish() {
  local line=''
  if type compopt >/dev/null 2>&1; then
    case $1 in
      :open | :list) compopt -o nospace ;;
      :files) compopt -o default ;;
      :directories) compopt -o dirnames -o filenames ;;
    esac
    return 0
  fi
  case $1 in
    :files) set -- -f "$2" ;;
    :directories) set -- -d "$2" ;;
    *) return 0 ;;
  esac
  while IFS= read -r line; do
    if [[ -n $line ]]; then COMPREPLY+=("$line"); fi
  done <<<"$(compgen "$1" -- "$2")"
  return 0
}

complete -F _bulkx bulkx
`

const zsh = `#compdef bulkx
# Completion of bulkx for zsh: \`bulkx completion --help\` says where it belongs.

_bulkx() {
  local program=\${(Q)words[1]} line value manner
  local -a typed answer described
  case $program in
    ('~/'*) program=$HOME/\${program#\\~/} ;;
  esac
  [[ $program == */* && -x $program ]] || program=bulkx
  if (( CURRENT > 2 )); then typed=("\${(@Q)words[2,CURRENT-1]}"); fi
  answer=("\${(@f)$(command $program __complete "\${typed[@]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  manner=\${answer[-1]}
  [[ $manner == :* ]] || return 1
  answer[-1]=()
  for line in "\${answer[@]}"; do
    value=\${line%%$'\\t'*}
    described+=("\${value//:/\\\\:}\${line#$value}")
  done
  described=("\${(@)described/$'\\t'/:}")
  case $manner in
    (:files)
      compset -P '--[a-z-]##='
      _files
      ;;
    (:directories)
      compset -P '--[a-z-]##='
      _files -/
      ;;
    (:open) _describe -t values value described -S '' ;;
    (:list) _describe -t values value described -q -S , ;;
    (*) _describe -t values value described ;;
  esac
}

if [[ \${funcstack[1]-} == _bulkx ]]; then
  _bulkx "$@"
elif (( \${+functions[compdef]} )); then
  compdef _bulkx bulkx
else
  print -u2 'bulkx: completion needs compinit; see bulkx completion --help'
fi
`

const fish = `# Completion of bulkx for fish: \`bulkx completion --help\` says where it belongs.

function __bulkx_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~(?=/)' -- "$HOME" "$typed[1]")
    set -e typed[1]
    if not string match -q '*/*' -- "$program"; or not test -x "$program"
        set program bulkx
    end
    set -l answer (command $program __complete $typed "$current" 2>/dev/null </dev/null)
    set -l manner $answer[-1]
    set -e answer[-1]
    # What stands before the value of --option=value goes before each candidate.
    set -l start (string match -r -- '^--[a-z-]+=' "$current")
    set -l value (string replace -r -- '^--[a-z-]+=' '' "$current")
    switch "$manner"
        case ':files'
            __fish_complete_path "$value" | string replace -r '^' -- "$start"
        case ':directories'
            __fish_complete_directories "$value" '' | string replace -r '^' -- "$start"
        case '*'
            test (count $answer) -gt 0; and printf '%s\\n' $answer
    end
end

complete -c bulkx -f
complete -c bulkx -k -a '(__bulkx_complete)'
`

/** By the name of the shell. Nothing that bulkx answers is ever run: it is compared, and put on the line. */
export const scripts: Readonly<Record<string, string>> = { bash, zsh, fish }

export const shells = Object.keys(scripts)
