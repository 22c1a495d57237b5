/** Three readers, one page: which of its sections each goes on to, and the command that takes this record further. */
import type { Reader, Section } from '../parts/parts.ts';

const readers: readonly {
  readonly who: string;
  readonly asks: string;
  readonly sections: readonly string[];
  readonly command: string;
}[] = [
  {
    who: 'Capacity planner',
    asks: 'What does one more instance take, and how many fit?',
    sections: ['tare', 'memory', 'density', 'scale-out'],
    command: 'tare size INVENTORY --profile RECORD',
  },
  {
    who: 'Architect',
    asks: 'VM, container or both, and how sure is that?',
    sections: ['claims', 'isolation', 'fairness', 'refusals'],
    command: 'tare advise REQUIREMENTS --profile RECORD',
  },
  {
    who: 'Owner of a CI gate',
    asks: 'Which numbers are steady enough to guard?',
    sections: ['comparisons', 'failures', 'methods', 'data'],
    command: 'tare gate RECORD --policy FILE',
  },
];

/** Only links to sections that are there. */
export function readersOf(sections: readonly Pick<Section, 'id' | 'title' | 'link'>[]): readonly Reader[] {
  return readers.map(({ sections: wanted, ...reader }) => ({
    ...reader,
    links: wanted.flatMap((id) => {
      const found = sections.find((section) => section.id === id);
      return found === undefined ? [] : [{ section: id, text: found.link ?? found.title }];
    }),
  }));
}
