/**
 * A statement of the guidance as the report shows it, with the rows of evidence that support or refute it.
 */

import type { RuleId } from '../../model/rules.ts';

export type ClaimState = 'holds' | 'does-not-hold' | 'partly' | 'refused' | 'not-measured';

/** One resource's answer to one claim; never merged across resources. */
export interface ClaimRow {
  readonly resource: string;
  readonly state: ClaimState;
  readonly evidence: string;
  readonly metric: string | null;
  readonly rule: RuleId | null;
}

export interface Claim {
  readonly id: string;
  readonly statement: string;
  /** What bears on it: metrics, or kinds of facts. */
  readonly metrics: readonly string[];
  /** How its rows are answered, in words. */
  readonly rule: string;
  readonly state: ClaimState;
  readonly rows: readonly ClaimRow[];
}
