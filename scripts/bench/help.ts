/** What it costs to ask for help: the published `tare --help` against a Node that does nothing. */
import { join } from 'node:path';
import { monotonicSeconds } from '../../host/clock.ts';
import { root, run } from '../process.ts';
import { interleave, ratioRow, type Bench } from './row.ts';

async function seconds(argv: readonly string[]): Promise<number> {
  const start = monotonicSeconds();
  const { code, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} exits ${String(code)}: ${stderr}`);
  return monotonicSeconds() - start;
}

export const help: Bench = async (say) => {
  const built = await run([process.execPath, join(root, 'scripts/build.ts')]);
  if (built.code !== 0) throw new Error(`The build failed: ${built.stdout}${built.stderr}`);
  say('help: 20 rounds');
  const bare = () => seconds([process.execPath, '-e', '0']);
  const asked = () => seconds([process.execPath, join(root, 'dist/cli/main.js'), '--help']);
  return [ratioRow('`tare --help` / `node -e 0`', await interleave(20, asked, bare), 3)];
};
