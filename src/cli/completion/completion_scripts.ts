/**
 * The completion scripts of the shells. They pass the words to `shoal complete`, which prints
 * `words`, `files`, `folders` or `nothing`, and with `words` a line for each word and its
 * description. After `--flag=`, it prints values without the flag.
 */

/** The shells that have a script. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that has a script. */
export type Shell = typeof SHELLS[number];

/** It works without the package bash-completion, and with the bash 3.2 of macOS. */
const BASH = `# Completion of shoal for bash. In ~/.bashrc: source <(shoal completion bash)
_shoal() {
  local rest=\${COMP_LINE:0:COMP_POINT} words=() word blank last current prefix line kind
  # Readline splits words at = and :, which is undone here.
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD + 1}"; do
    blank=\${rest%%[![:space:]]*}
    rest=\${rest#"$blank"}
    [[ \${#word} -gt \${#rest} ]] && word=$rest
    rest=\${rest#"$word"}
    if [[ -z $blank && \${#words[@]} -gt 0 ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    last=$word
  done
  current=\${words[\${#words[@]} - 1]}
  # Readline replaces only what follows them.
  [[ $last == [=:]* ]] && last=
  prefix=\${current%"$last"}
  [[ $prefix == --*=* ]] && prefix=\${prefix#*=}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
    else
      word=\${line%%$'\\t'*}
      COMPREPLY+=("\${word#"$prefix"}")
    fi
  done < <(eval "\${words[0]} complete -- $(printf '%q ' "\${words[@]:1}")" 2>/dev/null)
  case $kind in
    words)
      compopt +o default 2>/dev/null
      [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
      ;;
    folders)
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$last")
      ;;
    nothing) compopt +o default 2>/dev/null ;;
  esac
}
# Without words, Readline completes files.
complete -o default -F _shoal shoal`;

const ZSH = `#compdef shoal
# Completion of shoal for zsh. In ~/.zshrc: source <(shoal completion zsh)
_shoal() {
  local -a arguments lines plain open
  local kind line word
  arguments=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  lines=("\${(@f)$(eval "\${words[1]} complete -- \${(j: :)\${(@qq)arguments}}" 2>/dev/null)}")
  kind=$lines[1]
  lines=("\${(@)lines[2,-1]}")
  [[ $PREFIX == --*=* ]] && compset -P 1 '*='
  # The name of an agent: zsh would escape the # in front of it.
  [[ $PREFIX == *[#]* ]] && compset -P '*[#]' && lines=("\${(@)lines##*[#]}")
  case $kind in
    words)
      for line in "\${(@)lines}"; do
        word=\${line%%$'\\t'*}
        if [[ $word == *= ]]; then
          open+=("$word")
        elif [[ -n $word ]]; then
          plain+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
        fi
      done
      (( $#open )) && compadd -S '' -a open
      (( $#plain )) && _describe -t values value plain
      ;;
    folders) _files -/ ;;
    nothing) ;;
    *) _files ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _shoal "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _shoal shoal
fi`;

const FISH =
  `# Completion of shoal for fish. In ~/.config/fish/config.fish: shoal completion fish | source
function __shoal_complete
    set -l words (commandline -opc)
    # fish escapes what it inserts.
    set -l current (string unescape -- (commandline -ct); or commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program complete -- $words "$current" 2>/dev/null)
    set -l kind $lines[1]
    set -e lines[1]
    set -l prefix (string match -r -- '^--[\\w-]+=' "$current")
    set -l value (string replace -r -- '^--[\\w-]+=' '' "$current")
    switch "$kind"
        case words
        case folders
            set lines (__fish_complete_directories "$value" '')
        case nothing
            return
        case '*'
            set lines (__fish_complete_path "$value")
    end
    for line in $lines
        printf '%s%s\\n' "$prefix" $line
    end
end
complete -c shoal -f -a '(__shoal_complete)'`;

/** The script of each shell. */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
};
