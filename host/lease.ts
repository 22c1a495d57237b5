/**
 * Intent before deed: the ledger of what a run has made on this host, held under a lock that the
 * kernel drops when the run dies. `tare gc` and the next run remove what a dead run listed, only that.
 * (Types here are the contract; the code follows below them.)
 */

/** Something outside tare's own memory that must not outlive the run. */
export type Resource =
  | { readonly kind: 'group'; readonly path: string }
  | { readonly kind: 'process'; readonly pid: number; readonly startTicks: string; readonly bootId: string }
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'oci';
      readonly binary: string;
      readonly stateRoot: string;
      readonly id: string;
    };

export interface Lease {
  readonly runId: string;
  /** Writes the intent durably; call before making the resource. */
  own(resource: Resource): void;
  /** Notes that it is gone. */
  release(resource: Resource): void;
}
