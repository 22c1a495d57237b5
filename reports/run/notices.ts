/**
 * What must be read before any number: how VMs were executed, what failed, what was not measured and
 * what weakens the run. Shown on the first screen.
 */
import type { Analysis } from '../../model/analysis.ts';
import type { CellRecord, RunRecord } from '../../model/record.ts';
import type { Notice } from '../parts/parts.ts';
import { everything, skipsOf } from './skips.ts';
import { requirementLines } from './claims/requirements.ts';
import type { Subjects } from '../parts/subjects.ts';
import { warningLines } from './warnings.ts';
import { count, failureWords } from '../parts/words.ts';

/** Warnings spelled out on the first screen; the rest are counted there and listed further down. */
export const shownWarnings = 5;

/** Reasons for gaps spelled out there, likewise. */
const shownSkips = 6;

/** What kind of CPU the VMs ran on, and whether anything ran at all, said as loudly as it matters. */
export function accelerationNotices(cells: readonly CellRecord[], subjects: Subjects): Notice[] {
  const notices = new Map<string, { readonly notice: Notice; readonly names: string[] }>();
  for (const cell of cells) {
    if (subjects.isolation(cell.id) !== 'virtual machine' && cell.acceleration.class === 'none') continue;
    const key = JSON.stringify(cell.acceleration);
    const known = notices.get(key);
    if (known === undefined) notices.set(key, { notice: accelerationNotice(cell), names: [cell.runner] });
    else if (!known.names.includes(cell.runner)) known.names.push(cell.runner);
  }
  const fakes = [
    ...new Set(cells.filter(({ runnerKind }) => runnerKind === 'fake').map(({ runner }) => runner)),
  ];
  const fake: Notice = {
    kind: 'notice',
    tone: 'refused',
    title: 'FAKE instances: nothing here was measured',
    lines: [`Made up to test tare itself: ${fakes.join(', ')}.`],
  };
  const real = [...notices.values()].map(({ notice, names }): Notice => ({
    ...notice,
    lines: [[...notice.lines.map(stopped), `Applies to: ${names.join(', ')}.`].join(' ')],
  }));
  return fakes.length > 0 ? [fake, ...real] : real;
}

function accelerationNotice(cell: CellRecord): Notice {
  const { class: kind, reason } = cell.acceleration;
  const isApart = cell.identity['translationBuffer'] !== undefined;
  switch (kind) {
    case 'tcg':
      return {
        kind: 'notice',
        tone: 'refused',
        title: 'VMs were EMULATED (TCG): their time and CPU are not those of a real VM',
        lines: [
          reason,
          'Start time, CPU, latency and density of these VMs are shown but never judged (rule C17).',
          isApart
            ? 'Code that the emulator has translated is apart (tare.translation) and in no figure of their memory but MemAvailable; the emulator’s other memory is in them.'
            : 'Their memory holds the emulator’s cache of translated code too: a VM on hardware KVM takes less.',
        ],
      };
    case 'kvm-nested':
    case 'kvm-pvm':
      return {
        kind: 'notice',
        tone: 'warn',
        title: `VMs ran under ${kind === 'kvm-nested' ? 'nested KVM' : 'paravirtual KVM (PVM)'}: true of this nested host only`,
        lines: [reason, 'Numbers hold on this host and do not carry over to KVM on bare metal (rule C18).'],
      };
    case 'kvm-hw':
      return { kind: 'notice', tone: 'same', title: 'VMs ran on hardware KVM', lines: [reason] };
    case 'none':
      return { kind: 'notice', tone: 'unsure', title: 'VM acceleration is not known', lines: [reason] };
  }
}

/** Warnings, failures and gaps, the worst first. */
export function noticesOf(record: RunRecord, analysis: Analysis, subjects: Subjects): Notice[] {
  const notices: Notice[] = [];
  if (record.end?.state !== 'complete') {
    notices.push({
      kind: 'notice',
      tone: 'warn',
      title: record.end === null ? 'This run did not finish' : `This run was ${record.end.state}`,
      lines: [`Only the blocks that were finished are analysed${unfinishedWords(record)}.`],
    });
  }
  const lines = warningLines(record, analysis, subjects);
  if (lines.length > 0) {
    const rest = lines.length - shownWarnings;
    notices.push({
      kind: 'notice',
      tone: 'warn',
      title: count(lines.length, 'warning'),
      lines:
        rest > 0
          ? [...lines.slice(0, shownWarnings), `and ${rest} more under "Warnings and refusals".`]
          : lines,
    });
  }
  if (analysis.failures.length > 0) {
    notices.push({
      kind: 'notice',
      tone: 'more',
      title: 'Launches that failed',
      lines: analysis.failures
        .slice(0, shownWarnings)
        .map(
          (item) =>
            `${subjects.label(item.cell)}: ${count(item.count, 'launch', 'launches')} ${failureWords[item.reason]} (${item.example})`,
        ),
    });
  }
  const unmet = requirementLines(record, subjects);
  if (unmet.length > 0) {
    const title = 'Requirements that some runners cannot meet (a finding, not a failure)';
    notices.push({ kind: 'notice', tone: 'unsure', title, lines: unmet });
  }
  const skips = skipsOf(record);
  if (skips.length > 0) {
    const lines = skips.map(
      ({ runner, what, reason, hint }) =>
        `${runner}${what === everything ? '' : ` (${what})`}: ${stopped(reason)}${hint === '' ? '' : ` How to fix: ${stopped(hint)}`}`,
    );
    const rest = lines.length - shownSkips;
    notices.push({
      kind: 'notice',
      tone: 'unsure',
      title: 'Not measured',
      lines:
        rest > 0
          ? [...lines.slice(0, shownSkips), `and ${rest} more under “Failures”, each with its reason.`]
          : lines,
    });
  }
  return notices;
}

/** Which runs of a merged record are not complete. */
function unfinishedWords({ parts }: RunRecord): string {
  const cut = (parts ?? []).filter(({ end }) => end?.state !== 'complete');
  return cut.length === 0 ? '' : `; unfinished: ${cut.map(({ header }) => header.scenario.name).join(', ')}`;
}

/** The sentence with a full stop, if it lacks its end. */
function stopped(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
