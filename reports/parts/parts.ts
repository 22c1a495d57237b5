/**
 * What a report is made of, as plain data: sections of tables, charts, notices and prose.
 * Every format (HTML, text, markdown) draws these same parts, so that no format knows more than another.
 * Nothing here is escaped or coloured; that is each format's own business.
 */
import type { Interval, Unit } from '../../model/quantities.ts';

/** What a badge or notice means; formats always show its words beside any colour. */
export type Tone = 'more' | 'less' | 'same' | 'unsure' | 'refused' | 'warn' | 'plain';

export type TableCell =
  /** `full`: what a shortened text stands for, shown on demand. `narrow`: broken into lines as others need room. */
  | { readonly kind: 'text'; readonly text: string; readonly full?: string; readonly narrow?: boolean }
  /** `detail`: how sure it is, in small print below. */
  | { readonly kind: 'number'; readonly text: string; readonly detail?: string }
  | { readonly kind: 'badge'; readonly text: string; readonly tone: Tone }
  /** A ratio and its interval drawn on a log axis shared by the whole table. */
  | {
      readonly kind: 'range';
      readonly ratio: number;
      readonly interval: Interval | null;
      readonly tone: Tone;
      readonly text: string;
    };

export interface Table {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly {
    readonly title: string;
    readonly numeric: boolean;
    readonly graphic: boolean;
    /** Of a column that is one runner's. */
    readonly runner?: string;
  }[];
  /**
   * The first column is the row's heading. Equal neighbouring headings are printed once. `key`: what the row is
   * of, for links that outlive the order of rows, and for filters.
   */
  readonly rows: readonly {
    readonly head: string;
    readonly cells: readonly TableCell[];
    readonly key?: string;
    readonly tags?: Tags;
  }[];
  readonly notes: readonly string[];
}

/** One launch as a dot. */
export interface Dot {
  readonly block: number;
  readonly value: number;
}

export interface StripSeries {
  readonly label: string;
  /** The runner, by which a reader shows and hides series. */
  readonly runner: string;
  readonly color: number;
  readonly median: number | null;
  readonly interval: Interval | null;
  readonly dots: readonly Dot[];
  /** Where values gather, when that is at more than one place; else empty. */
  readonly modes: readonly number[];
}

export interface LineSeries {
  readonly label: string;
  readonly runner: string;
  readonly color: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Single readings behind the medians. */
  readonly dots: readonly { readonly x: number; readonly y: number }[];
}

export interface StageBar {
  readonly label: string;
  readonly runner: string;
  readonly total: number;
  readonly parts: readonly { readonly stage: number; readonly name: string; readonly value: number }[];
}

interface ChartBase {
  readonly id: string;
  readonly title: string;
  /** Read aloud, and shown below the chart. */
  readonly description: string;
  readonly unit: Unit;
}

export type Chart =
  | (ChartBase & { readonly kind: 'strip'; readonly log: boolean; readonly series: readonly StripSeries[] })
  | (ChartBase & {
      readonly kind: 'lines';
      readonly xTitle: string;
      readonly series: readonly LineSeries[];
      /** The y axis is a log one; absent: linear from 0. */
      readonly log?: boolean;
      /** Where x is a scale of its own (percentiles, shares), its ticks; absent: whole numbers. */
      readonly xTicks?: readonly { readonly value: number; readonly text: string }[];
    })
  /**
   * Launches measured here above what others published of the same definition: two kinds of row that cannot be
   * taken for one another (C16). Drawn statically only.
   */
  | (ChartBase & {
      readonly kind: 'beside';
      readonly log: boolean;
      readonly measured: readonly StripSeries[];
      readonly published: readonly { readonly label: string; readonly value: number; readonly tone: Tone }[];
    })
  /** Run medians in time order, one x step per run; drawn statically only. */
  | (ChartBase & {
      readonly kind: 'trend';
      readonly points: readonly {
        readonly label: string;
        readonly value: number;
        readonly low: number | null;
        readonly high: number | null;
      }[];
      /** Index of the first point of a new level, and what to call the change. */
      readonly marks: readonly { readonly index: number; readonly name: string }[];
    })
  /** `share`: bars are drawn as shares of their own total because totals differ too much. */
  | (ChartBase & { readonly kind: 'stages'; readonly share: boolean; readonly bars: readonly StageBar[] });

export interface Notice {
  readonly kind: 'notice';
  readonly tone: Tone;
  readonly title: string;
  readonly lines: readonly string[];
}

export type Block =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'charts'; readonly charts: readonly Chart[] }
  | { readonly kind: 'prose'; readonly lines: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'code'; readonly title: string; readonly text: string }
  | { readonly kind: 'download'; readonly label: string; readonly fileName: string; readonly content: string }
  /** Evidence of last resort: folded behind its title on screen, open on paper unless `printed` is false. */
  | {
      readonly kind: 'fold';
      readonly title: string;
      readonly blocks: readonly Block[];
      readonly printed?: boolean;
    }
  | Notice;

export interface Fact {
  readonly term: string;
  readonly value: string;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** A shorter title for the row of links. */
  readonly link?: string;
  readonly lead: readonly string[];
  readonly blocks: readonly Block[];
  readonly tags?: Tags;
}

export interface Tile {
  readonly title: string;
  readonly value: string;
  /** From too few blocks to be printed bold. */
  readonly few?: boolean;
  readonly detail: string;
  readonly verdict: { readonly text: string; readonly tone: Tone };
}

/** The first screen: the answer, how sure it is and what stands in its way. */
export interface Opening {
  readonly title: string;
  readonly subtitle: string;
  /** The answer; first sentence first. */
  readonly answer: readonly string[];
  /** From too few blocks to be printed bold. */
  readonly few?: boolean;
  readonly acceleration: readonly Notice[];
  /** What the tiles compare. */
  readonly tilesTitle: string;
  /** The main ratios, one tile per resource or per runner; never merged. */
  readonly tiles: readonly Tile[];
  readonly counts: readonly { readonly text: string; readonly tone: Tone }[];
  readonly facts: readonly Fact[];
  readonly headline: Table | null;
  readonly notices: readonly Notice[];
  /** Where each kind of reader goes on, and the command that answers what is theirs; absent: one kind only. */
  readonly readers?: readonly Reader[];
}

export interface Reader {
  readonly who: string;
  readonly asks: string;
  readonly links: readonly { readonly section: string; readonly text: string }[];
  readonly command: string;
}

/** What a reader can choose to see; rows are found by their keys. */
export interface Filters {
  /** `id`: of the family's section. */
  readonly families: readonly {
    readonly id: string;
    readonly title: string;
    readonly metrics: readonly string[];
  }[];
  /** `color`: as in charts. */
  readonly runners: readonly { readonly id: string; readonly color: number }[];
}

/** What a reader may choose one of, to see only that. */
export interface Choice {
  readonly id: 'metric' | 'runner';
  readonly title: string;
  readonly options: readonly string[];
}

/** Which option of each choice a section or a row belongs to; none: it is always shown. */
export type Tags = Readonly<Record<Choice['id'], string>>;

export interface View {
  readonly opening: Opening;
  /** Of pages without a script; other formats have options of their commands. */
  readonly choices?: readonly Choice[];
  readonly sections: readonly Section[];
  readonly footer: string;
  /** Absent where there is nothing to choose from. */
  readonly filters?: Filters;
}

export const text = (value: string): TableCell => ({ kind: 'text', text: value });
/** Text that breaks into lines, so that the columns after it stay on the screen. */
export const narrow = (value: string): TableCell => ({ kind: 'text', text: value, narrow: true });
export const number = (value: string): TableCell => ({ kind: 'number', text: value });
/** A number and, in small print, its interval and how many launches it is from. */
export const measured = (value: string, detail: string): TableCell =>
  detail === '' ? number(value) : { kind: 'number', text: value, detail };
/** A cell where there is no small print. */
export const cellText = (cell: TableCell): string =>
  cell.kind === 'number' && cell.detail !== undefined ? `${cell.text} (${cell.detail})` : cell.text;
/** What a row is of: a metric, and the cells or the setting it was measured in. */
export const rowKey = (metric: string, ...of: readonly string[]): string => [metric, ...of].join('~');
export const badge = (value: string, tone: Tone): TableCell => ({ kind: 'badge', text: value, tone });

/** Hexadecimal digests cut to what tells them apart; the whole text stays at hand. */
export function digestText(value: string): TableCell {
  const short = shortDigests(value);
  return short === value ? text(value) : { kind: 'text', text: short, full: value };
}

const digestLetters = 12;

export function shortDigests(value: string): string {
  return value.replaceAll(/\b[0-9a-f]{32,}\b/g, (digest) => `${digest.slice(0, digestLetters)}…`);
}

/** One table behind its own caption. */
export function folded(content: Table, title = content.caption): Block {
  return { kind: 'fold', title, blocks: [{ kind: 'table', table: content }] };
}

/** To look things up in, on a screen: pages of it on paper would bury the report. */
export function reference(content: Table): Block {
  return {
    kind: 'fold',
    title: content.caption,
    blocks: [{ kind: 'table', table: content }],
    printed: false,
  };
}

/** Columns from titles; a leading `#` marks numbers, `~` a drawing that text formats leave out. */
export function columns(...titles: readonly string[]): Table['columns'] {
  return titles.map((title) => ({
    title: title.replace(/^[#~]/, ''),
    numeric: title.startsWith('#'),
    graphic: title.startsWith('~'),
  }));
}

export function table(
  id: string,
  caption: string,
  heads: Table['columns'],
  rows: Table['rows'],
  notes: readonly string[] = [],
): Table {
  return { id, caption, columns: heads, rows, notes };
}
