import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readShellLine } from '../../../src/compiler/derive/shell-line.ts';
import { startedPrograms } from '../../../src/compiler/derive/started-programs.ts';

/** The programs of a command line, with `…` after them when there may be more; `none` when it starts none. */
function told(...words: string[]): string {
  const started = startedPrograms(words);
  if (started === undefined) return 'none';
  return [...started.programs, ...(started.complete ? [] : ['…'])].join(' ');
}

describe('what a shell line starts', () => {
  test.each([
    ['mkdir -p /run/app && exec /app/server', 'mkdir /app/server'],
    ['curl -f localhost:9000/health', 'curl'],
    ['curl -fs "http://localhost:$PORT/health" > /dev/null 2>&1 || exit 1', 'curl'],
    ['A=1 B="x y" /app/server --flag; cleanup', '/app/server cleanup'],
    ['cat /etc/x | grep -q "a;b" & wait', 'cat grep'],
    ['exec gosu app:app /app/server', 'gosu /app/server'],
    ['exec -a name /app/server', '/app/server'],
    ['cd /app\nset -e\n./migrate # then\nexec python3 app.py', './migrate python3'],
    ['echo hello; true; [ -f /x ] && test -d /y', ''],
    ["sh -c 'sleep 1; exec /a'", 'sh sleep /a'],
    ['exec 3>/tmp/lock', ''],
    ['command -p ls', 'ls'],
    ['a\\ b c', '…'],
    ['exec "$@"', '…'],
    ['$APP --serve', '…'],
    ['/app/$NAME', '…'],
    ['if true; then a; fi', '…'],
    ['a; while b; do c; done', 'a …'],
    ['a && (b; c)', '…'],
    ['a $(b)', '…'],
    ['a `b`', '…'],
    ['cat <<EOF\nsecret words\nEOF', '…'],
    ['. /env.sh; /app/server', '/app/server …'],
    ['eval a', '…'],
    ["unclosed 'quote", '…'],
    ['f() { a; }; f', '…'],
    ['/scripts/start.sh', '/scripts/start.sh …'],
    ['case $1 in a) b;; esac', '…'],
    ['PASSWORD=hunter2', ''],
    ['export TOKEN=hunter2; /a "$TOKEN"', '/a'],
  ])('%j', (line, expected) => {
    expect(told('/bin/sh', '-c', line)).toBe(expected);
    expect(told('/bin/bash', '-euo', 'pipefail', '-c', line)).toBe(expected);
    expect(told('/bin/busybox', 'sh', '-ec', line)).toBe(expected);
  });

  test('a line of any text is read in time, and never gives what does not stand in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab $"\'\\`&|;<>()#{}=\n-/!x2'), maxLength: 200 }),
        (line) => {
          const letters = line.replaceAll(/['"\\\n]/g, '');
          for (const program of startedPrograms(['sh', '-c', line])?.programs ?? [])
            expect(letters).toContain(program);
        },
      ),
      { numRuns: 3_000 },
    );
    const long = `${'a "b c" $D \\\n '.repeat(300_000)}`;
    const start = performance.now();
    expect(readShellLine(long).complete).toBe(true);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('what other command lines start', () => {
  test.each<[string[], string]>([
    [['/sbin/tini', '--', '/app/server'], '/app/server'],
    [['/sbin/tini', '-g', '-p', 'SIGTERM', '--', '/app/server', '-x'], '/app/server'],
    [['tini', '/docker-entrypoint.sh', 'nginx'], '/docker-entrypoint.sh …'],
    [['dumb-init', '--rewrite', '15:3', '--', 'sh', '-c', 'a && b'], 'sh a b'],
    [['catatonit', '--', '/app'], '/app'],
    [['/usr/bin/env', 'X=Y', 'PASSWORD=hunter2', 'python3', 'app.py'], 'python3'],
    [['env', '-i', '-u', 'HOME', 'node', 'x.js'], 'node'],
    [['env', '-S', 'node x'], '…'],
    [['gosu', 'app', '/app/server'], '/app/server'],
    [['su-exec', 'app:app', 'redis-server'], 'redis-server'],
    [['s6-setuidgid', 'app', '/app'], '/app'],
    [['timeout', '-k', '5', '30', 'curl', 'x'], 'curl'],
    [['nice', '-n', '5', '/app'], '/app'],
    [['/init'], '…'],
    [['/usr/bin/supervisord', '-n'], '…'],
    [['/scripts/start.sh', 'hunter2'], '…'],
    [['/docker-entrypoint.sh', 'nginx'], '…'],
    [['/usr/local/bin/entrypoint', 'x'], '…'],
    [['/bin/sh'], '…'],
    [['/bin/sh', '/scripts/run'], '…'],
    [['/bin/sh', '--', '/scripts/run'], '…'],
    [['gosu', 'app'], '…'],
    [['/bin/busybox', 'httpd', '-f'], 'none'],
    [['/app/server', '-c', 'sh'], 'none'],
    [['/usr/bin/python3', '-m', 'http.server'], 'none'],
    [[], 'none'],
  ])('%j', (words, expected) => {
    expect(told(...words)).toBe(expected);
  });

  test('launchers in launchers are followed so far, and no further', () => {
    expect(told(...Array<string>(10_000).fill('nohup'))).toBe('nohup …');
  });
});
