/**
 * A vitest reporter that keeps the real counts: how many tests passed, failed or were skipped, and why. Written
 * to the file named by TARE_TEST_COUNTS, because two vitest runs and some steps add up to one last line.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule, TestSuite } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

// Vitest takes a reporter file by its default export; the house style has none elsewhere.
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { readonly message: string }[]): void {
    let passed = 0;
    const failed = errors.map((error) => `outside any test: ${error.message}`);
    const skipped: { name: string; reason: string }[] = [];
    for (const module of modules) {
      const broken = [module, ...module.children.allSuites()].flatMap((part) => problems(module, part));
      failed.push(...broken);
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (result.state === 'passed') passed++;
        else if (result.state === 'failed') failed.push(name);
        else skipped.push({ name, reason: ('note' in result && result.note) || 'no reason given' });
      }
    }
    const counts: Counts = { passed, failed, skipped };
    const file = process.env.TARE_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}

/** A file that does not load or a hook that throws fails no test of its own, and must count all the same. */
function problems(module: TestModule, part: TestModule | TestSuite): readonly string[] {
  return part.errors().map((error) => `${module.relativeModuleId}: ${error.message}`);
}
