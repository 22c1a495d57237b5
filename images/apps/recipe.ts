/**
 * What an application's image is made of, as data: files out of a distribution's packages, files of ours, accounts
 * and owners, and the configuration that every container engine reads. Types only; recipes.ts has the recipes.
 */

export interface AppRecipe {
  readonly name: string;
  /** Downloaded with all they depend on. */
  readonly packages: readonly string[];
  /** The one whose version is the application's; found by name among what was downloaded. */
  readonly versionOf: RegExp;
  /**
   * Programs, and libraries that are loaded by path: name -> where the packages have it. `*` stands for one part
   * of the path, as for a version that the distribution chooses.
   */
  readonly programs: Readonly<Record<string, string>>;
  /** Folders taken over whole; `*` as above. */
  readonly copies: readonly string[];
  /** Whether packages without binaries (scripts, data) are unpacked too. */
  readonly scripts: boolean;
  /** Names that a program has beside its path: link inside -> name in `programs`. */
  readonly links: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
  /** Files that lie beside the recipes: path inside -> file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly account: Account;
  /** Folders that belong to the account, with all that is in them. */
  readonly owned: readonly string[];
  /** A shell script run once inside the finished tree, as the account; null where files are enough. */
  readonly setup: string | null;
  readonly config: AppConfig;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

/** As the OCI image specification and, for the health check, docker have it. */
export interface AppConfig {
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
  readonly StopSignal: string;
  readonly Healthcheck: {
    readonly Test: readonly string[];
    /** Nanoseconds. */
    readonly Interval: number;
    readonly Timeout: number;
    readonly StartPeriod: number;
    readonly Retries: number;
  };
}
