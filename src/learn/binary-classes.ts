import { baseName, pathProblem } from '../compiler/model/paths.ts';

/**
 * The classes of binaries that are not proposed for an allowlist unless a person asks for their class: each is what an
 * intruder uses, or came to run in a way that an intruder's program does.
 */
export const BINARY_CLASS_NAMES = [
  'shell',
  'package-manager',
  'compiler',
  'interpreter',
  'network-tool',
  'writable',
  'exec',
] as const;

/** A class of binaries that are proposed only when their class is asked for. */
export type BinaryClass = (typeof BINARY_CLASS_NAMES)[number];

/** Why a binary of each class is not proposed by itself. */
export const BINARY_CLASSES: Readonly<Record<BinaryClass, string>> = {
  shell: 'A shell: with it on the allowlist, whoever gets into the container can run scripts.',
  'package-manager': 'A package manager: it brings programs into a running container.',
  compiler: 'A compiler or linker: it makes programs in a running container.',
  interpreter: 'An interpreter: with it on the allowlist, any script that it is given runs.',
  'network-tool': 'A network tool: it fetches and sends files, and opens connections to anywhere.',
  writable: 'It lies where the container can write, so whoever writes there can replace it.',
  exec: 'It was started from outside the process tree of the container, as kubectl exec does.',
};

/** Names of programs, without the version that may follow them. */
const NAMES: Readonly<Partial<Record<BinaryClass, ReadonlySet<string>>>> = {
  shell: words(
    'sh bash dash ash zsh ksh mksh lksh pdksh rbash csh tcsh fish yash posh sash elvish xonsh nu busybox toybox',
  ),
  'package-manager': words(
    'apt apt-get aptitude apt-cache dpkg apk yum dnf microdnf tdnf rpm zypper pacman opkg pip pipx easy_install uv poetry conda mamba npm npx pnpm yarn corepack gem bundle bundler composer cpan cpanm cargo brew nix nix-env snap',
  ),
  compiler: words(
    'cc gcc g++ c++ cpp cc1 cc1plus collect2 lto1 gfortran clang clang++ tcc ld ld.bfd ld.gold ld.lld lld gold as ar make gmake cmake ninja meson go gofmt rustc javac kotlinc scalac swiftc ghc nim zig tsc',
  ),
  interpreter: words(
    'python pypy micropython perl ruby irb node nodejs deno bun php php-cli lua luajit tclsh wish expect awk gawk mawk nawk jshell groovy Rscript R julia osascript pwsh guile erl elixir iex',
  ),
  'network-tool': words(
    'curl wget nc ncat netcat nc.openbsd nc.traditional socat ssh scp sftp sshd dropbear dbclient rsync ftp lftp tftp telnet aria2c http https httpie axel links lynx w3m nmap masscan tcpdump tshark dig nslookup host drill ping ping6 traceroute mtr iperf iptables ip6tables nft openvpn wg chisel ngrok proxychains',
  ),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Matches what distributions put behind the name of a program: a version, and the variant of a package. */
const ENDING =
  /(?:-?[0-9]+(?:\.[0-9]+)*[a-z]?|[-.](?:minimal|static|distrib|real|orig|old|bin|exe|dbg|debug|dist)|-(?:x86_64|aarch64|arm|i[3-6]86)[\w-]*)$/;

/** Matches the platform in front of the name of a compiler, as in `x86_64-linux-gnu-gcc-12`. */
const PLATFORM = /^[a-z0-9_]+(?:-[a-z0-9_]+)*-(?:gnu|musl|linux|elf|android|darwin)[a-z0-9_]*-/;

/** Matches the dynamic loader, which runs any program that it is given without an execution that the kernel checks. */
const LOADER = /^ld(?:-linux|-musl|64|\.so|-[0-9.]+\.so)/;

/**
 * The classes of a program by its name alone.
 *
 * @example
 * classesByName('/usr/bin/python3.11'); // => ['interpreter']
 * classesByName('/usr/bin/x86_64-linux-gnu-gcc-12'); // => ['compiler']
 * classesByName('/usr/bin/app'); // => []
 */
export function classesByName(path: string): BinaryClass[] {
  const name = baseName(path);
  const names = spellingsOf(name);
  return BINARY_CLASS_NAMES.filter(
    (each) =>
      names.some((spelling) => NAMES[each]?.has(spelling) === true) ||
      (each === 'interpreter' && LOADER.test(name)),
  );
}

/** The longest name of a file, in bytes. */
const LONGEST_NAME = 255;

/** A name as it is, in lower case, and without what is put before and behind it. */
function spellingsOf(name: string): string[] {
  if (name.length > LONGEST_NAME) return [];
  const found = [name];
  const lower = name.toLowerCase();
  for (let rest = lower, before = ''; rest !== before; ) {
    found.push(rest, rest.replace(PLATFORM, ''));
    before = rest;
    rest = rest.replace(ENDING, '');
  }
  return found;
}

/** Matches a path of a file descriptor or of a process's own program: which file it is, the path does not say. */
const INDIRECT = /^\/(?:dev\/fd\/|dev\/std(?:in|out|err)$|proc\/)/;

/** What the agent puts where a path was not UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * Why no allowlist can name a path; undefined when one can.
 *
 * @example
 * whyUnlistable('/proc/self/fd/7'); // => 'is a file descriptor, which says nothing of the file'
 * whyUnlistable('/usr/bin/app'); // => undefined
 */
export function whyUnlistable(path: string): string | undefined {
  if (INDIRECT.test(path)) return 'is a file descriptor, which says nothing of the file';
  if (path.includes(REPLACEMENT)) return 'holds characters that the event could not show';
  if (/[*?]/.test(path)) return 'holds * or ?, which readers of an allowlist would take for a pattern';
  return pathProblem(path);
}
