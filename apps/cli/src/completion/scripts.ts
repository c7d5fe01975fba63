/** Each script hands the words so far to `lqx __complete`, which knows the flags and asks the server for names. */
export const completionScripts = {
  bash: `# lqx completion for bash
_lqx() {
  local IFS=$'\\n'
  COMPREPLY=($(lqx __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then
    compopt -o default 2>/dev/null
  fi
}
complete -F _lqx lqx`,
  zsh: `#compdef lqx
_lqx() {
  local -a candidates
  candidates=("\${(@f)$(lqx __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(\${candidates:#})
  if (( \${#candidates} )); then
    compadd -- "\${candidates[@]}"
  else
    _files
  fi
}
if (( ! $+functions[compdef] )); then
  autoload -Uz compinit && compinit
fi
compdef _lqx lqx`,
  fish: `# lqx completion for fish
function __lqx_complete
  set -l words (commandline -opc) (commandline -ct)
  lqx __complete -- $words[2..-1] 2>/dev/null
end
complete -c lqx -a '(__lqx_complete)'`,
} as const;

export type Shell = keyof typeof completionScripts;
