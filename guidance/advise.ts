/**
 * From requirements, profiles and rules to an answer for each app, each server and the whole: what each rests on,
 * what would turn it, what contradicts itself, and what to measure next. Pure.
 */
import { formatValue } from '../model/units.ts';
import { decide, type Answer, type Decision, type Question } from './decide.ts';
import { noEvidence } from './evidence.ts';
import type { Finding } from './findings.ts';
import { flipsOf, type Flip } from './flips.ts';
import { nextSteps, type Step } from './next.ts';
import { differencesOf, fitOf, profileName, type Fit, type Profile } from './profiles.ts';
import type { AppNeeds, PlaceOf, Requirements, Server } from './requirements.ts';
import { rules as ownRules, type Rule } from './rules.ts';

export interface AppAdvice {
  readonly app: string;
  readonly server: string;
  readonly instances: number;
  readonly answer: Answer;
  readonly confidence: string;
  /** The one thing that decided, as a clause; null: nothing did. */
  readonly reason: string | null;
  /** Tenants of whom no two may share a kernel, so that each needs a VM at least; null: they may. */
  readonly apartTenants: number | null;
  readonly findings: readonly Finding[];
  readonly flips: readonly Flip[];
  readonly measureNext: readonly Step[];
  /** What contradicts itself, with its place in the file and the nearest answer; null: nothing does. */
  readonly conflict: string | null;
}

export interface ServerAdvice {
  readonly server: string;
  /** `mixed`: its apps need different things. */
  readonly answer: Answer | 'mixed';
  readonly summary: string;
  /** Profile that it rests on; null: none. */
  readonly profile: string | null;
  /** What of the records is used only with care, or not at all. */
  readonly remarks: readonly string[];
  /** What the server cannot give, whatever is chosen. */
  readonly impossible: readonly string[];
  /** The same question put to the other profiles, never mixed with the one above. */
  readonly elsewhere: readonly {
    readonly profile: string;
    readonly differs: string;
    readonly answers: string;
  }[];
}

export interface Advice {
  readonly name: string;
  readonly answer: ServerAdvice['answer'];
  readonly summary: string;
  readonly servers: readonly ServerAdvice[];
  readonly apps: readonly AppAdvice[];
}

export interface Given {
  readonly rules?: readonly Rule[];
  /** The main one first. */
  readonly profiles?: readonly Profile[];
  readonly placeOf?: PlaceOf;
}

export function advise(asked: Requirements, given: Given = {}): Advice {
  const { rules = ownRules, profiles = [], placeOf = () => asked.name } = given;
  const parts = asked.servers.map((server, index) => {
    const fits = profiles.map((profile) => ({ profile, fit: fitOf(profile, server) }));
    const main = fits.find(({ fit }) => fit.evidence !== null);
    const question = (app: AppNeeds, fit: Fit | undefined): Question => ({
      asked,
      app,
      server: fit?.server ?? server,
      evidence: fit?.evidence ?? noEvidence,
      rules,
      differences: fit?.differences ?? [],
    });
    const own = asked.apps.filter((app) => app.server === server.id);
    const apps = own.map((app) => {
      const place = placeOf(['apps', asked.apps.indexOf(app)]);
      return adviceFor(question(app, main?.fit), place);
    });
    const others = fits.filter(({ fit }) => fit.evidence !== null && fit !== main?.fit);
    const impossible = impossibleOf(server, own, placeOf, asked);
    const found = answerOf(apps);
    const advice: ServerAdvice = {
      server: server.id,
      answer: impossible.length > 0 ? 'unknown' : found,
      summary: summaryOf(apps, impossible),
      profile: main === undefined ? null : profileName(main.profile),
      remarks: [
        ...(main?.fit.evidence?.remarks ?? []),
        ...fits
          .filter(({ fit }) => fit.evidence === null || fit === main?.fit)
          .flatMap(({ fit }) => fit.remarks),
        ...tenantRemarks(own, apps),
        ...unknownServer(main?.fit.server ?? server, apps),
      ],
      impossible,
      elsewhere: others.map(({ profile, fit }) => ({
        profile: profileName(profile),
        differs: main === undefined ? '' : differencesOf(main.profile, profile),
        answers: own.map((app) => `${app.id}: ${decide(question(app, fit)).answer}`).join('; '),
      })),
    };
    return { index, advice, apps };
  });
  const servers = parts.map(({ advice }) => advice);
  const apps = asked.apps.flatMap(({ id }) =>
    parts.flatMap((part) => part.apps.filter(({ app }) => app === id)),
  );
  const [only] = servers;
  if (only !== undefined && servers.length === 1) {
    return { name: asked.name, answer: only.answer, summary: only.summary, servers, apps };
  }
  const answers = new Set(servers.map(({ answer }) => answer));
  return {
    name: asked.name,
    answer:
      answers.size === 1 ? (servers[0]?.answer ?? 'unknown') : answers.has('unknown') ? 'unknown' : 'mixed',
    summary: servers.map(({ server, answer, summary }) => `${server}: ${answer}. ${summary}`).join(' '),
    servers,
    apps,
  };
}

function adviceFor(question: Question, place: string): AppAdvice {
  const { app } = question;
  const decision = decide(question);
  const flips = flipsOf(question, decision.answer);
  return {
    app: app.id,
    server: app.server,
    instances: app.instances,
    answer: decision.answer,
    confidence: decision.confidence,
    reason: decision.reason,
    apartTenants: app.trust === 'untrusted' && decision.answer !== 'container' ? app.tenants : null,
    findings: decision.findings,
    flips,
    measureNext: nextSteps(question, decision),
    conflict: decision.conflict === null ? null : conflictWords(decision, flips, place),
  };
}

/** The contradiction, where it stands, and the nearest answer that could be given. */
function conflictWords({ conflict }: Decision, flips: readonly Flip[], place: string): string {
  const answers = flips.filter(({ answer }) => answer !== 'unknown');
  // One thing is easier to give up than two, and what the server could have easier than what the app needs.
  const cost = ({ set }: Flip) => set.length * 2 + (set.every(({ of }) => of === 'server') ? 0 : 1);
  const nearest = answers.toSorted((a, b) => cost(a) - cost(b)).slice(0, 2);
  const words =
    nearest.length === 0
      ? 'none by changing one thing or two'
      : nearest.map((flip) => `${flip.answer}, with ${flip.words}`).join('; or ');
  return `${place}: ${conflict ?? ''}. Nearest answer: ${words}.`;
}

function answerOf(apps: readonly AppAdvice[]): ServerAdvice['answer'] {
  const answers = new Set(apps.map(({ answer }) => answer));
  if (answers.has('unknown') || answers.size === 0) return 'unknown';
  return answers.size > 1 ? 'mixed' : (apps[0]?.answer ?? 'unknown');
}

const ways: Readonly<Record<Answer, (app: AppAdvice) => string>> = {
  container: () => 'containers on the host’s kernel',
  'containers in VMs': (app) => `containers in VMs${vmsOf(app)}`,
  vm: (app) => `virtual machines${vmsOf(app)}`,
  unknown: ({ conflict, confidence }) =>
    conflict === null ? `no answer (${confidence.replace(/^none: /, '')})` : 'no answer (contradiction)',
};

/** How many VMs keep tenants apart who do not trust each other: one for each at least, and never two in one. */
function vmsOf({ apartTenants, answer, instances }: AppAdvice): string {
  if (apartTenants === null) return '';
  if (apartTenants === 1) return ', which hold nothing of anybody else';
  const least = answer === 'vm' ? Math.max(apartTenants, instances) : apartTenants;
  const each = answer === 'vm' ? 'each of one tenant alone' : 'at least one per tenant';
  return `, ${each} (at least ${least} VMs for ${apartTenants} tenants; no VM ever holds two tenants)`;
}

/** "portal (30 instances): containers on the host’s kernel, because ...": one sentence per app. */
export function answerSentence(app: AppAdvice): string {
  const name = app.instances > 1 ? `${app.app} (${app.instances} instances)` : app.app;
  const because = app.reason === null ? '' : `, because ${app.reason}`;
  return `${name}: ${ways[app.answer](app)}${because}.`;
}

function summaryOf(apps: readonly AppAdvice[], impossible: readonly string[]): string {
  if (apps.length === 0) return 'No app is placed on it.';
  return [
    ...apps.map(answerSentence),
    ...(impossible.length === 0 ? [] : ['All of it together is not available on this server.']),
  ].join(' ');
}

/** What the required limits and sizes come to, against what the server has. */
function impossibleOf(
  server: Server,
  apps: readonly AppNeeds[],
  placeOf: PlaceOf,
  asked: Requirements,
): string[] {
  const problems: string[] = [];
  const place = (app: AppNeeds, field: string) => placeOf(['apps', asked.apps.indexOf(app), field]);
  if (server.memory !== null) {
    const bytes = apps.reduce((sum, app) => sum + app.instances * (app.objectives.memory ?? 0), 0);
    if (bytes > server.memory) {
      const [need, has] = [formatValue(bytes, 'B'), formatValue(server.memory, 'B')];
      problems.push(
        `the memory objectives come to ${need} and ${server.id} has ${has}; from ${need} on they fit, and \`tare size\` counts the servers that it would take.`,
      );
    }
  }
  for (const app of apps) {
    if (server.cpus === null || app.cpus === null || app.cpus <= server.cpus) continue;
    problems.push(
      `${place(app, 'cpus')}: an instance of ${app.id} needs ${app.cpus} CPUs and ${server.id} has ${server.cpus}.`,
    );
  }
  return problems;
}

/** Not forbidden, and still to be said: strangers above one kernel. */
function tenantRemarks(apps: readonly AppNeeds[], advice: readonly AppAdvice[]): string[] {
  return apps
    .filter(
      ({ trust, id }) =>
        trust === 'untrusted' && advice.some((one) => one.app === id && one.answer === 'container'),
    )
    .map(
      ({ id, tenants }) =>
        `${id}: ${tenants > 1 ? `${tenants} untrusted tenants` : 'an untrusted tenant'} would share the kernel of the server with everything on it; isolation: own-kernel forbids that`,
    );
}

function unknownServer({ virtualization, id }: Server, apps: readonly AppAdvice[]): string[] {
  const machines = apps.filter(({ answer }) => answer === 'vm' || answer === 'containers in VMs');
  if (virtualization !== 'unknown' || machines.length === 0) return [];
  return [
    `${machines.map(({ app }) => app).join(', ')}: whether ${id} runs VMs at speed is not said; \`tare doctor\` finds out, set virtualization: here`,
  ];
}
