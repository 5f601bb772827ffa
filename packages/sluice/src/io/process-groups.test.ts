import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../../test/support/waiting.ts';

/** No process has such an id: the kernel's largest is 2²² (proc(5), pid_max). */
const NOBODY = 4_194_304;

/** CPU seconds of a process so far, at 100 ticks a second; null when it has ended. */
function cpuSeconds(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

test(
  'the guard keeps up with hundreds that come and go, and ends those that are left when we are killed',
  { timeout: 55_000 },
  async (t) => {
    const module = new URL('process-groups.ts', import.meta.url).href;
    const program = `
    import { spawn } from 'node:child_process';
    import { readdirSync, readFileSync } from 'node:fs';
    import { endWithUs } from ${JSON.stringify(module)};
    const long = '/sys/fs/cgroup/memory/' + 'a'.repeat(60);
    const others = Array.from({ length: 400 }, (_, index) => endWithUs(${NOBODY} + index, [1, 2, 3].map((kind) => long + '/' + kind + '-' + index)));
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const forget = endWithUs(child.pid);
    for (const end of others) end();
    const gone = spawn('sleep', ['0'], { detached: true, stdio: 'ignore' });
    endWithUs(gone.pid)();
    const statOf = (pid) => { try { return readFileSync('/proc/' + pid + '/stat', 'latin1'); } catch { return ''; } };
    const isGuard = new RegExp('\\\\(sh\\\\) . ' + process.pid + ' ');
    const guard = readdirSync('/proc').find((pid) => isGuard.test(statOf(pid)));
    // What is not in the guard's pipe yet is lost with us.
    const looking = setInterval(() => {
      if (process.getActiveResourcesInfo().some((name) => name.endsWith('WriteWrap'))) return;
      clearInterval(looking);
      console.log(child.pid + ' ' + guard);
      setInterval(() => {}, 1000);
    }, 10);`;
    const us = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => us.kill('SIGKILL'));
    const [line] = (await once(createInterface(us.stdout), 'line')) as [string];
    const [child = 0, guard = 0] = line.split(' ').map(Number);
    assert.ok(cpuSeconds(child) !== null && cpuSeconds(guard) !== null, line);
    us.kill('SIGKILL');
    // Two hundred of them took a shell that searched its list for each half an hour.
    let spent = 0;
    await eventually(45_000, 'both are gone', () => {
      const now = cpuSeconds(guard);
      spent = now ?? spent;
      return cpuSeconds(child) === null && now === null;
    });
    assert.ok(spent < 2, `the guard took ${spent} s of CPU`);
  },
);
