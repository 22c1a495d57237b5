/**
 * Runs inside the page of a sizing: inputs for the rules that can be moved, and the counts that follow. What it
 * calls is the sizing of the command line, bundled; here is only what touches the page. Text by textContent only.
 */
import { assignmentOf } from '../../../sizing/assignment.ts';
import { lightAnswer } from '../../../sizing/explain/counts.ts';
import { controls, questionOf, type Control, type LiveData } from '../../../sizing/live.ts';
import { policyYaml } from '../../../sizing/policy/policy-yaml.ts';
import { alternatives, type Alternative } from '../../../sizing/problem.ts';
import type { Answer, Question } from '../../../sizing/size.ts';
import { assignmentCsv } from '../assignment-csv.ts';
import { alternativeNames, bindingWords, kindsWords } from '../words.ts';

const source = document.getElementById('tare-sizing')?.textContent;
const place = document.getElementById('rules');
if (source != null && place !== null) start(questionOf(JSON.parse(source) as LiveData), place);

function start(declared: Question, section: HTMLElement): void {
  let question = declared;
  let turn = 0;
  let answers: Answer[] = [];
  let before: ReadonlyMap<Alternative, Answer> | null = null;
  const outputs = results();
  const fields = controls.map((control) =>
    field(control, declared, (value) => move(control.write(question, value))),
  );
  const form = node('form', { class: 'card controls', 'aria-label': 'Rules that can be moved' });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.append(...fields.map(({ element }) => element));
  const reset = button('As declared', () => {
    fields.forEach(({ show }) => show(declared));
    move(declared);
  });
  const assignment = button('Assignment (CSV)', () =>
    save('assignment.csv', assignmentCsv(assignmentOf({ answers }))),
  );
  const policy = button('These rules (policy.yaml)', () => save('policy.yaml', policyYaml(question.policy)));
  const bar = node('p', { class: 'actions' });
  bar.append(reset, assignment, policy);
  const live = node('div', { class: 'moving' });
  live.append(form, outputs.element);
  section.append(live, bar);

  function move(next: Question): void {
    question = next;
    turn += 1;
    void follow(turn);
  }

  /** One alternative after another, the page drawn in between; a later move ends an earlier one. */
  async function follow(mine: number): Promise<void> {
    outputs.element.dataset.state = 'counting';
    // Moves come faster than counts: only the last of a moment is counted.
    await pause(40);
    const found: Answer[] = [];
    for (const name of alternatives) {
      if (mine !== turn) return;
      found.push(await lightAnswer(name, question));
      await pause(0);
    }
    if (mine !== turn) return;
    answers = found;
    before ??= new Map(found.map((answer) => [answer.alternative, answer]));
    for (const answer of found) outputs.show(answer, before.get(answer.alternative) ?? answer);
    const [first] = found;
    outputs.note(
      `${String(first?.instances ?? 0)} instances. In brackets the difference to the declared rules, by the same packer.`,
    );
    outputs.element.dataset.state = 'ready';
  }

  void follow(turn);
}

interface Field {
  readonly element: HTMLElement;
  readonly show: (question: Question) => void;
}

/** A slider and the number beside it, which always say the same. */
function field(control: Control, declared: Question, onMove: (value: number) => void): Field {
  const { id, label, unit, least, most, step, read } = control;
  const range = { min: String(Math.min(least, read(declared))), max: String(Math.max(most, read(declared))) };
  const slider = node('input', { type: 'range', id: `control-${id}`, step: String(step), ...range });
  const exact = node('input', { type: 'number', step: 'any', 'aria-label': `${label}, exactly`, ...range });
  const name = node('label', { for: slider.id });
  name.textContent = unit === '' ? label : `${label} (${unit})`;
  const show = (question: Question): void => {
    const value = String(Number(read(question).toPrecision(6)));
    slider.value = value;
    exact.value = value;
  };
  const take = (from: HTMLInputElement, to: HTMLInputElement) => () => {
    const value = from.valueAsNumber;
    if (!Number.isFinite(value) || !from.checkValidity()) return;
    to.value = from.value;
    onMove(value);
  };
  // A declared value between two steps stays what it is until it is moved.
  slider.step = 'any';
  slider.addEventListener('input', () => {
    slider.value = String(Number((Math.round(slider.valueAsNumber / step) * step).toPrecision(6)));
  });
  slider.addEventListener('input', take(slider, exact));
  // With any step, arrow keys would move by a hundredth of the range.
  slider.addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    slider.value = String(slider.valueAsNumber + by * step);
    slider.dispatchEvent(new Event('input'));
  });
  exact.addEventListener('input', take(exact, slider));
  show(declared);
  const element = node('div', { class: 'control' });
  element.append(name, slider, exact);
  return { element, show };
}

interface Results {
  readonly element: HTMLElement;
  readonly show: (answer: Answer, before: Answer) => void;
  readonly note: (text: string) => void;
}

/** Three cards that are read aloud when they change. */
function results(): Results {
  const element = node('div', { class: 'results', role: 'status', 'aria-live': 'polite' });
  const cards = new Map(
    alternatives.map((name) => {
      const card = node('div', { class: 'card result', id: `live-${name}` });
      const title = node('p', { class: 'tile-title' });
      title.textContent = alternativeNames[name];
      const hosts = node('p', { class: 'tile-value' });
      const detail = node('p', { class: 'tile-detail' });
      card.append(title, hosts, detail);
      return [name, { card, hosts, detail }] as const;
    }),
  );
  const remark = node('p', { class: 'remark' });
  element.append(...[...cards.values()].map(({ card }) => card), remark);
  const show = (answer: Answer, before: Answer): void => {
    const card = cards.get(answer.alternative);
    if (card === undefined) return;
    const { hosts, working, bound, cost, watts } = answer;
    card.card.dataset.hosts = hosts === null ? 'none' : String(hosts);
    card.hosts.textContent =
      hosts === null ? 'does not fit' : `${String(hosts)} hosts${difference(hosts, before.hosts)}`;
    card.detail.textContent = [
      ...(hosts === null ? [] : [kindsWords(answer)]),
      `${String(working)} working, at least ${String(bound)}`,
      `bottleneck: ${bindingWords(answer)}`,
      ...(cost === null || hosts === null
        ? []
        : [
            `${cost.perMonth.toFixed(0)} ${cost.currency} a month${difference(cost.perMonth, before.cost?.perMonth ?? null)}`,
          ]),
      ...(watts === null ? [] : [`${watts.toFixed(0)} W`]),
    ].join(' · ');
  };
  return { element, show, note: (text) => (remark.textContent = text) };
}

function difference(now: number, before: number | null): string {
  if (before === null || Math.round(now - before) === 0) return '';
  return ` (${now > before ? '+' : '−'}${Math.abs(now - before).toFixed(0)})`;
}

function button(label: string, onClick: () => void): HTMLElement {
  const element = node('button', { type: 'button' });
  element.textContent = label;
  element.addEventListener('click', onClick);
  return element;
}

function save(name: string, content: string): void {
  const link = node('a', {
    download: name,
    href: URL.createObjectURL(new Blob([content], { type: 'text/plain' })),
  });
  link.click();
  URL.revokeObjectURL(link.href);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function node<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
