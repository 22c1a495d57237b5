/** What is known of one app on its server, flat, so that rules can be data; null is unknown, and stays so. */
import { hasVersion, kernelPattern } from '../bench/scenario/requirements.ts';
import { priorities, type AppNeeds, type Requirements, type Server } from './requirements.ts';

/** Every field with what it means, for rules of one's own. */
export const fields = {
  otherOs: 'needs another operating system than its server has',
  otherArchitecture: 'needs another architecture than its server has',
  otherKernel: 'needs a kernel that its server does not run',
  missingModules: 'how many of the modules that it needs its server does not keep loaded',
  trust: 'trusted or untrusted',
  isolation: 'shared-kernel or own-kernel',
  tenants: 'how many parties its instances carry',
  instances: 'how many run at once',
  hasImage: 'an image is named',
  wholeSystem: 'needs the functions of a whole operating system',
  priorities: 'what comes first',
  mixedServer: 'apps of its server need different operating systems',
} as const;
export type Field = keyof typeof fields;

export const fieldNames = Object.keys(fields) as [Field, ...Field[]];

export type Fact = string | number | boolean | readonly string[] | null;
export type Facts = Readonly<Record<Field, Fact>>;

/** What the app needs of the server, and has or has not; null where the file does not tell. */
export function factsOf(app: AppNeeds, server: Server, { apps }: Requirements): Facts {
  const beside = apps.filter(({ server: id }) => id === server.id);
  return {
    otherOs: app.os !== server.os,
    otherArchitecture: app.architecture !== null && app.architecture !== server.architecture,
    otherKernel: otherKernel(app, server),
    missingModules: app.modules.filter((one) => !server.modules.includes(one)).length,
    trust: app.trust,
    isolation: app.isolation,
    tenants: app.tenants,
    instances: app.instances,
    hasImage: app.image !== null,
    wholeSystem: app.wholeSystem,
    priorities: app.priorities,
    mixedServer: new Set(beside.map(({ os }) => os)).size > 1,
  };
}

function otherKernel({ kernel }: AppNeeds, server: Server): boolean | null {
  if (kernel === null) return false;
  if (kernel === 'own') return true;
  if (server.kernel === null) return null;
  return kernelPattern.test(kernel) ? !hasVersion(server.kernel, kernel) : kernel !== server.kernel;
}

const truths: readonly string[] = ['true', 'false'];
/** How a condition asks for a field: yes or no, where nothing else is said. */
const forms: Readonly<Partial<Record<Field, { readonly key: string; readonly among?: readonly string[] }>>> =
  {
    missingModules: { key: 'atLeast' },
    trust: { key: 'equals', among: ['trusted', 'untrusted'] },
    isolation: { key: 'equals', among: ['shared-kernel', 'own-kernel'] },
    tenants: { key: 'atLeast' },
    instances: { key: 'atLeast' },
    priorities: { key: 'contains', among: priorities },
  };

/** Why no app could ever meet a condition, with the form that one could; null: some could. */
export function misfit({ field, ...asked }: Condition): string | null {
  const { key, among } = forms[field] ?? { key: 'equals', among: truths };
  const [[own, value] = []] = Object.entries(asked);
  const isText = typeof value === 'string';
  const isOne = among?.includes(String(value)) ?? true;
  if (own === key && isOne && isText === (among !== undefined && among !== truths)) return null;
  return `no app could meet it: ${field} takes ${key}: ${among?.join(' or ') ?? 'a number'}`;
}

/** Null: not known. */
export function holds(condition: Condition, facts: Facts): boolean | null {
  const fact = facts[condition.field];
  if (fact === null) return null;
  if ('equals' in condition) return fact === condition.equals;
  if ('atLeast' in condition) return typeof fact === 'number' && fact >= condition.atLeast;
  return Array.isArray(fact) && fact.includes(condition.contains);
}

export type Condition =
  | { readonly field: Field; readonly equals: string | boolean }
  | { readonly field: Field; readonly contains: string }
  | { readonly field: Field; readonly atLeast: number };
