/** Programs whose work is to start others, as data. */

/** How the words after a launcher lead to the program that it starts. */
export interface Launcher {
  /**
   * `shell`: a line after `-c`, or a script. `command`: its arguments are a command. `applet`: its first
   * argument is a program that it has in itself. `others`: its arguments do not tell, or are not read.
   */
  readonly starts: 'shell' | 'command' | 'applet' | 'others';
  /** Options whose value is the next word. */
  readonly valued?: readonly string[];
  /** Options without a value, or with the value in the same word. */
  readonly flags?: RegExp;
  /** Words before the command that are none of it: a user, a duration. */
  readonly operands?: number;
  /** Whether assignments may stand before the command. */
  readonly assignments?: true;
}

const SHELL: Launcher = { starts: 'shell', valued: ['-o', '+o', '--rcfile', '--init-file'] };
const OTHERS: Launcher = { starts: 'others' };

/** An option of letters, `-v`, or a long one with its value, `--signal=TERM`. */
const ANY_FLAG = /^(-[A-Za-z0-9]+|--[a-z-]+(=.*)?)$/;
const NO_FLAG = /^(?!)/;

function command(more: Omit<Launcher, 'starts'> = {}): Launcher {
  return { starts: 'command', flags: NO_FLAG, ...more };
}

/** The launchers by the name of their file. */
export const LAUNCHERS: Readonly<Record<string, Launcher>> = {
  sh: SHELL,
  bash: SHELL,
  dash: SHELL,
  ash: SHELL,
  zsh: SHELL,
  ksh: SHELL,
  mksh: SHELL,
  busybox: { starts: 'applet' },
  toybox: { starts: 'applet' },
  // Init processes of containers.
  tini: command({ valued: ['-p', '-e'], flags: /^-[svgwl]+$/ }),
  'tini-static': command({ valued: ['-p', '-e'], flags: /^-[svgwl]+$/ }),
  'docker-init': command({ valued: ['-p', '-e'], flags: /^-[svgwl]+$/ }),
  'dumb-init': command({
    valued: ['-r', '--rewrite'],
    flags: /^(-[cv]+|--(single-child|verbose|rewrite=.*))$/,
  }),
  catatonit: command({ flags: /^-[gP]$/ }),
  pid1: command(),
  // Those that change the user, the environment or a limit, and then become the command.
  env: command({
    assignments: true,
    valued: ['-u', '--unset', '-C', '--chdir'],
    flags: /^(-|-[i0v]+|--(ignore-environment|null|unset=.*|chdir=.*))$/,
  }),
  gosu: command({ operands: 1 }),
  'su-exec': command({ operands: 1 }),
  's6-setuidgid': command({ operands: 1 }),
  chpst: command({ valued: ['-u', '-U', '-e', '-/', '-n', '-l', '-L', '-m', '-d', '-o', '-p', '-f', '-c'] }),
  setpriv: command({ flags: /^--[a-z-]+(=.*)?$/, valued: ['--reuid', '--regid', '--groups', '--inh-caps'] }),
  chroot: command({ operands: 1, flags: /^--[a-z-]+=.*$/ }),
  nice: command({ valued: ['-n'], flags: /^(-n?-?[0-9]+|--adjustment=.*)$/ }),
  ionice: command({ valued: ['-c', '-n'], flags: /^-[cn][0-9]$/ }),
  chrt: command({ operands: 1, flags: /^-[bfior]$/ }),
  taskset: command({ operands: 1, flags: /^-[ac]+$/ }),
  numactl: command({ flags: /^(-[a-zA-Z][0-9a-z,-]*|--[a-z-]+=.*|--localalloc)$/ }),
  nohup: command(),
  setsid: command({ flags: /^-[cfw]+$/ }),
  stdbuf: command({ valued: ['-i', '-o', '-e'], flags: /^(-[ioe].+|--[a-z]+=.*)$/ }),
  timeout: command({ operands: 1, valued: ['-k', '-s'], flags: /^(-v|--[a-z-]+(=.*)?)$/ }),
  time: command({ flags: /^-[pv]$/ }),
  unshare: command({ flags: ANY_FLAG }),
  'dbus-run-session': command({ flags: /^--[a-z-]+=.*$/ }),
  'xvfb-run': command({ valued: ['-s', '-n', '-e', '-f'], flags: /^(-a|--[a-z-]+=.*)$/ }),
  // Supervisors: which programs they start stands in their own files.
  init: OTHERS,
  systemd: OTHERS,
  supervisord: OTHERS,
  's6-svscan': OTHERS,
  's6-overlay-suexec': OTHERS,
  runsvdir: OTHERS,
  runit: OTHERS,
  'runit-init': OTHERS,
  my_init: OTHERS,
  circusd: OTHERS,
  monit: OTHERS,
  crond: OTHERS,
  cron: OTHERS,
  supercronic: OTHERS,
  xargs: OTHERS,
  watch: OTHERS,
  flock: OTHERS,
  sudo: OTHERS,
  doas: OTHERS,
  su: OTHERS,
  runuser: OTHERS,
};

/** Files that are scripts by their name: nearly all of them start other programs. */
const SCRIPT = /(\.(sh|bash|zsh|ksh|ash)|^(docker-)?entrypoint|^docker-start|^run-script)$/;

/** Whether a file is a script of a shell by its name, as far as a name tells. */
export function isScript(name: string): boolean {
  return SCRIPT.test(name);
}

/** What shells do themselves: no program of that name is started (Bash, Dash and BusyBox have all of them). */
export const BUILT_IN: ReadonlySet<string> = new Set(
  '. : [ alias bg break cd continue echo exit export false fg getopts hash jobs kill local printf pwd read readonly return set shift test times trap true type ulimit umask unalias unset wait'.split(
    ' ',
  ),
);

/** Built-ins whose arguments are a command, which is started or looked up as any other. */
export const BUILT_IN_LAUNCHERS: Readonly<Record<string, Launcher>> = {
  exec: command({ valued: ['-a'], flags: /^-[cl]+$/ }),
  command: command({ flags: /^-p$/ }),
  builtin: command(),
};
