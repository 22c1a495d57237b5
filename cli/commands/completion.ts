/**
 * `tare completion`: a script that makes bash, zsh or fish complete commands, options, their values and ready
 * scenarios. The scripts ask tare itself (`tare --complete WORD...`), so they cannot go out of date.
 */
import { exitCode } from '../../model/errors.ts';
import type { Command } from '../command.ts';
import { shells, type Shell } from '../completion.ts';

const scripts: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of tare; put this into ~/.bashrc:  eval "$(tare completion bash)"
_tare() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(tare --complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tare tare`,
  zsh: `# zsh completion of tare; put this into ~/.zshrc:  eval "$(tare completion zsh)"
_tare() {
  local -a found
  found=("\${(@f)$(tare --complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; fi
  _files
}
compdef _tare tare`,
  fish: `# fish completion of tare; put this into ~/.config/fish/config.fish:  tare completion fish | source
function __tare_complete
    set -l words (commandline -opc) (commandline -ct)
    tare --complete $words[2..-1] 2>/dev/null
end
complete -c tare -a '(__tare_complete)'`,
};

interface CompletionArguments {
  shell: Shell;
}

export const completion: Command<CompletionArguments> = {
  command: 'completion <shell>',
  describe: 'Print a script that completes tare in a shell.',
  builder: (yargs) =>
    yargs
      .positional('shell', { describe: 'Shell to complete in.', choices: shells, demandOption: true })
      .example('eval "$(tare completion bash)"', 'complete in this bash'),
  run({ shell }, output) {
    output.out(scripts[shell]);
    return Promise.resolve(exitCode.ok);
  },
};
