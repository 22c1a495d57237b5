/**
 * A strict reader of OpenMetrics 1.0 text, after the grammar and the rules of that specification: names, types,
 * units as suffixes, escapes, families in one piece, no sample twice, `# EOF` last.
 */

export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const suffixes: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  stateset: [''],
  info: ['_info'],
};

export function readOpenMetrics(document: string): readonly MetricFamily[] {
  if (!document.endsWith('# EOF\n')) throw new Error('does not end in # EOF');
  const lines = document.slice(0, -1).split('\n');
  if (lines.slice(0, -1).includes('# EOF')) throw new Error('# EOF before the end');
  interface Open {
    readonly name: string;
    readonly type: string;
    unit: string;
    readonly samples: Sample[];
    readonly seen: Set<string>;
  }
  const families: Open[] = [];
  for (const line of lines.slice(0, -1)) {
    const current = families.at(-1);
    const meta = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line);
    if (meta !== null) {
      const [, keyword = '', name = '', rest = ''] = meta;
      if (keyword === 'TYPE') {
        if (!metricName.test(name)) throw new Error(`bad name ${name}`);
        if (families.some((family) => family.name === name)) throw new Error(`family ${name} comes twice`);
        if (suffixes[rest] === undefined) throw new Error(`unknown type ${rest}`);
        families.push({ name, type: rest, unit: '', samples: [], seen: new Set() });
        continue;
      }
      if (current?.name !== name) throw new Error(`${keyword} of ${name} stands in another family`);
      if (current.samples.length > 0) throw new Error(`${keyword} after samples`);
      if (keyword === 'UNIT') {
        if (!name.endsWith(`_${rest}`)) throw new Error(`${name} does not end in its unit ${rest}`);
        if (current.type !== 'gauge') throw new Error(`a ${current.type} has no unit`);
        current.unit = rest;
      } else unescaped(rest);
      continue;
    }
    if (line === '' || line.startsWith('#')) throw new Error(`not allowed: ${line.slice(0, 80)}`);
    if (current === undefined) throw new Error('a sample before its family');
    const sample = readSample(line);
    const allowed = (suffixes[current.type] ?? []).map((suffix) => current.name + suffix);
    if (!allowed.includes(sample.name)) throw new Error(`${sample.name} is no sample of ${current.name}`);
    const identity = JSON.stringify(Object.entries(sample.labels).sort());
    if (current.seen.has(identity)) throw new Error(`a sample twice: ${line.slice(0, 200)}`);
    current.seen.add(identity);
    if (current.type === 'stateset') {
      if (sample.labels[current.name] === undefined) throw new Error('a state set without its state');
      if (sample.value !== 0 && sample.value !== 1) throw new Error('a state is 0 or 1');
    }
    if (current.type === 'info' && sample.value !== 1) throw new Error('an info is 1');
    current.samples.push(sample);
  }
  return families;
}

function readSample(line: string): Sample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
  if (name === '') throw new Error(`no name: ${line.slice(0, 80)}`);
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    at += 1;
    const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|\})/y;
    for (let more = true; more;) {
      pair.lastIndex = at;
      const [all = '', label = '', value = '', end] = pair.exec(line) ?? [];
      if (all === '') throw new Error(`bad labels: ${line.slice(at, at + 80)}`);
      if (Object.hasOwn(labels, label)) throw new Error(`label ${label} comes twice`);
      labels[label] = unescaped(value);
      at += all.length;
      more = end === ',';
    }
  }
  const value = line.slice(at);
  if (!value.startsWith(' ') || !number.test(value.slice(1))) throw new Error(`bad value ${value}`);
  return { name, labels, value: Number(value) };
}

function unescaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001F\u007F]/.test(text) || !text.isWellFormed()) throw new Error('a control character');
  return text.replaceAll(/\\(.?)/g, (_all, sign: string) => {
    if (sign === 'n') return '\n';
    if (sign === '\\' || sign === '"') return sign;
    throw new Error(`unknown escape \\${sign}`);
  });
}
