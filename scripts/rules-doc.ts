/** docs/rules.md: every rule that messages and reports cite, from the table that the code cites. */
import { rules, type Rule } from '../model/rules.ts';

const intro = `# The rules behind verdicts

Generated from \`model/rules.ts\` by \`npm run docs\`; a test keeps it current. A report or a message that withholds a
conclusion cites one of these rules. The number itself stays visible; only the conclusion is withheld.

Rules C say what must be measured (C1 to C10), how it is reported (C11 to C16) and what is refused (C17 to C30).
Rules B describe the methods.
`;

/** The whole page. */
export function rulesDoc(): string {
  const sections = Object.entries(rules).map(([id, rule]) => sectionOf(id, rule));
  return [intro, ...sections].join('\n');
}

function sectionOf(id: string, { title, why, lifts }: Rule): string {
  return `## ${id}\n\n**${title}.** ${why}\n\n_What lifts it:_ ${lifts}\n`;
}
