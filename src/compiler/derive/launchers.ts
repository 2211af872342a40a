/**
 * A table of programs that start other programs: shells, init processes, wrappers and supervisors.
 * @module
 */

/** How to find, in the arguments of a launcher, the program that it starts. */
export interface Launcher {
  /**
   * `shell`: the argument of `-c` is a command line, or the first argument is a script. `command`: the arguments
   * are a command. `applet`: the first argument names a program that is part of the launcher, as in BusyBox.
   * `others`: the arguments do not name the programs, or are not read.
   */
  readonly starts: 'shell' | 'command' | 'applet' | 'others';
  /** Options that take the next word as their value. */
  readonly valued?: readonly string[];
  /** Matches options that have no value, or have it in the same word. */
  readonly flags?: RegExp;
  /** How many operands stand before the command, such as the user of `gosu` or the duration of `timeout`. */
  readonly operands?: number;
  /** Whether assignments (`NAME=value`) may stand before the command. */
  readonly assignments?: true;
}

const SHELL: Launcher = { starts: 'shell', valued: ['-o', '+o', '--rcfile', '--init-file'] };
const OTHERS: Launcher = { starts: 'others' };

/** Matches a short option (`-v`) or a long one with or without its value (`--signal=TERM`). */
const ANY_FLAG = /^(-[A-Za-z0-9]+|--[a-z-]+(=.*)?)$/;
/** Matches no option. */
const NO_FLAG = /^(?!)/;

function command(more: Omit<Launcher, 'starts'> = {}): Launcher {
  return { starts: 'command', flags: NO_FLAG, ...more };
}

/** The launchers by their file name, without the directory. */
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
  // Wrappers that change the user, the environment or a limit, and then execute the command.
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
  // Supervisors and others that take the programs to start from files, from standard input or from a command string.
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

/** Matches file names that scripts usually have. Nearly every script starts other programs. */
const SCRIPT = /(\.(sh|bash|zsh|ksh|ash)|^(docker-)?entrypoint|^docker-start|^run-script)$/;

/**
 * Whether a file is probably a shell script, judged by its name alone.
 *
 * @param name A file name without its directory.
 *
 * @example
 * isScript('docker-entrypoint.sh'); // => true
 */
export function isScript(name: string): boolean {
  return SCRIPT.test(name);
}

/** Commands that Bash, Dash and BusyBox all execute themselves, so that no program of that name is started. */
export const BUILT_IN: ReadonlySet<string> = new Set(
  '. : [ alias bg break cd continue echo exit export false fg getopts hash jobs kill local printf pwd read readonly return set shift test times trap true type ulimit umask unalias unset wait'.split(
    ' ',
  ),
);

/** Built-in commands whose arguments are a command that the shell then runs. */
export const BUILT_IN_LAUNCHERS: Readonly<Record<string, Launcher>> = {
  exec: command({ valued: ['-a'], flags: /^-[cl]+$/ }),
  command: command({ flags: /^-p$/ }),
  builtin: command(),
};
