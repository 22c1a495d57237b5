/**
 * The rules of honest measurement that tare keeps, in one table: C are what it must do, say or refuse; B are the
 * methods behind them. Code, messages and reports cite them by id; docs/rules.md is printed from here.
 */

export interface Rule {
  readonly title: string;
  /** Evidence and source, where there is one. */
  readonly why: string;
  /** What a reader does to get the conclusion that the rule withheld, or why nothing does. */
  readonly lifts: string;
}

/** Where this project is published; links of reports start here. */
export const repository = 'https://github.com/tare-bench/tare';
/** Page of the repository with every rule, an anchor each. */
export const rulesPage = 'docs/rules.md';

export const rules = {
  C1: {
    title: 'Launches of the runners are interleaved at random, and one pair of runs is a control',
    why: 'Every block launches every runner once, in a new random order, so that a host that slows down slows all of them. Two identical systems measured one after the other, 20 launches each with 3 % drift, look different in 61 % of simulated runs; interleaved and paired, in 5 %. Usual designs reported 38 % difference between identical cloud systems (A. Abedi, T. Brecht, ICPE 2017). The A/A control, one runner measured twice, shows how often this host raises a false alarm.',
    lifts: 'Run whole blocks in random order, and keep the A/A control of the scenario.',
  },
  C2: {
    title: 'One launch is one value',
    why: 'Iterations within a launch share its memory layout, its caches and its moment. Five launches of 30 iterations pooled as 150 samples gave a false positive in 72 % of simulated runs; one value per launch in 3.5 %. After T. Kalibera and R. Jones, ISMM 2013.',
    lifts: 'Nothing: more launches add evidence, more iterations do not.',
  },
  C3: {
    title: 'Ten blocks for a verdict, six for an interval',
    why: 'Below six values no 95 % interval of a median exists: the whole range of five covers 93.75 %. With ten launches and 5 % variation a true 5 % difference is found half the time, with 30 in 95 %.',
    lifts: 'Measure more blocks: `--blocks 10` at least, 30 for small differences.',
  },
  C4: {
    title: 'Both sides do the same work under the same limits',
    why: 'Binary, data, CPUs, pinning, memory limit and flush behaviour must be the same on both sides. Each deviation is a row of the fairness ledger; those that make the metric another quantity withhold the verdict, such as storage on one side and memory on the other.',
    lifts: 'Change the scenario so that both sides agree; the ledger names what differs.',
  },
  C5: {
    title: 'A start-up time names its first and last instant, cache state and concurrency',
    why: 'A bare "boot time" can begin and end anywhere; published ones differ by an order of magnitude for that reason alone.',
    lifts: 'Nothing: the definition is printed with every number.',
  },
  C6: {
    title: 'Failed launches are kept and counted',
    why: 'No outlier is deleted, and a failure is not left out of a sample in silence: when too many launches fail, those that succeed are no longer a sample of all of them.',
    lifts: 'Fix what makes launches fail (the report shows their last output) and measure again.',
  },
  C7: {
    title: 'Durations across the boundary come from the host clock',
    why: 'Guest clocks drift, most of all emulated and restored ones. The tool measures its own overhead and never subtracts it without its interval.',
    lifts: 'Compare metrics that the host reads, or runs of the same clock.',
  },
  C8: {
    title: 'A test that cannot be significant is announced before it runs',
    why: 'A rank test has a smallest possible p value. With four launches per side it is 0.029, which no family of two or more tests adjusted by Holm can pass: such a gate would always be green.',
    lifts: 'Measure more blocks, or compare fewer metrics.',
  },
  C9: {
    title: 'A block in which the host changed or was busy is voided, and counted',
    why: 'Stolen CPU time, load from other programs, throttling or a changed host within a block affects one side more than the other. The limits are declared before the run, and the report says how many blocks were voided and why.',
    lifts: 'Stop other work on the host and run again; more blocks do not help while the host stays busy.',
  },
  C10: {
    title: 'Every number has unit, count, interval and origin',
    why: 'A number is measured, estimated, published or simulated, and was taken on hardware, nested, paravirtual or emulated CPUs. Without those marks it can be neither repeated nor compared.',
    lifts: 'Nothing: it is how numbers are printed.',
  },
  C11: {
    title: 'The ratio and its interval come first, the p value last',
    why: 'A p value says that something differs, not how much; labels such as "large" describe separation of samples, not size.',
    lifts: 'Nothing: it is how results are printed.',
  },
  C12: {
    title: 'Five verdicts, and no evidence is "inconclusive"',
    why: 'Costs more, costs less, equivalent, different but small, inconclusive. A test that finds nothing has not shown that nothing is there.',
    lifts: 'Measure the number of blocks that the verdict names.',
  },
  C13: {
    title: 'Many comparisons are adjusted for their number',
    why: 'Of twenty tests at 5 %, one is significant by chance. Gates use Holm (1979), which keeps the chance of any false alarm; exploration uses Benjamini-Hochberg (1995). The size of the family is printed.',
    lifts: 'Name the metrics that matter in the scenario: a smaller family needs fewer blocks.',
  },
  C14: {
    title: 'Percentiles come from merged histograms, never from averaged percentiles',
    why: 'The mean of two 99th percentiles is a percentile of nothing.',
    lifts: 'Nothing: it is how percentiles are computed.',
  },
  C15: {
    title: 'Advice names the facts behind it and what would change it',
    why: 'A recommendation that does not say what it is based on cannot be checked against another workload.',
    lifts: 'Nothing: it is how advice is printed.',
  },
  C16: {
    title: 'Published numbers are context and never mixed with measured ones',
    why: 'They come from another host, another year and other versions. They are drawn apart, with source, year and conditions, and enter no verdict.',
    lifts: 'Measure it here: the report names the scenario.',
  },
  C17: {
    title: 'No verdict on time, CPU, latency, density or isolation of an emulated machine',
    why: 'Without hardware virtualization QEMU translates each guest instruction into ten to twenty host instructions, so these numbers describe the emulator. Facts about memory mappings, files and processes are still judged.',
    lifts:
      'Run on a host with usable `/dev/kvm` (`tare doctor` checks it): bare metal, or a cloud machine with nested virtualization.',
  },
  C18: {
    title: 'Results of nested or paravirtual KVM hold for such hosts only',
    why: 'Each guest exit passes through a second hypervisor, which costs what hardware does not (M. Ben-Yehuda et al., OSDI 2010; H. Huang et al., SOSP 2023).',
    lifts: 'Measure on bare metal to speak of bare metal.',
  },
  C19: {
    title: 'No verdict on CPU when the host gave less than its CPU',
    why: 'Stolen time, throttling, a changed frequency governor or load from other programs change the number by more than what is compared.',
    lifts: 'Run on a quiet host with a fixed governor; the message names what interfered.',
  },
  C20: {
    title: '"No change" needs a test of equivalence, "slower" needs an interval that excludes 1',
    why: 'A difference counts when the adjusted test, the interval and the practical threshold agree; equivalence when the whole 90 % interval is within the threshold (two one-sided tests, D. Schuirmann 1987).',
    lifts: 'Measure more blocks; the verdict says how many.',
  },
  C21: {
    title: 'A percentile needs enough samples',
    why: 'A distribution-free 95 % upper bound exists from 29 samples for p90, 59 for p95, 299 for p99 and 2995 for p99.9. Below that the "p99" is the maximum.',
    lifts: 'Measure more launches or more requests, or read a lower percentile.',
  },
  C22: {
    title: 'No latency from a load that waits for replies, or from a generator that lagged',
    why: 'A closed loop stops sending while the server stalls, and so does not count the requests that would have waited: 100 s at 1 ms followed by a stall of 100 s reads as "99.99 % within 1 ms" (G. Tene, HdrHistogram).',
    lifts: 'Use the open-loop load, on CPUs of its own, at a rate that the generator can keep.',
  },
  C23: {
    title: 'A guest faster than its host is suspect until explained',
    why: 'It usually means that a cache answered, or that a flush did not reach the disk.',
    lifts: 'Use direct I/O and the same flush behaviour on both sides, or explain the cache.',
  },
  C24: {
    title: 'Density is not extrapolated beyond twice what ran',
    why: 'A host fails for reasons that a straight line does not know: process slots, ports, memory that fragments. Configured memory is a promise, not a measurement.',
    lifts: 'Run more instances: raise the steps of the ladder.',
  },
  C25: {
    title: 'No verdict on memory when it is merged, swapped, ballooned or preallocated on one side only',
    why: 'Each of these moves memory between what is counted and what is not, so the two sides show different quantities.',
    lifts: 'Set them alike on both sides, or switch them off.',
  },
  C26: {
    title: 'Runs of different hosts, work, tool versions or timers are not compared',
    why: 'The ratio would contain the difference of the hosts or the work as well.',
    lifts:
      'Measure both on one host with the same scenario; across hosts, compare ratios of runners within each run.',
  },
  C27: {
    title: 'Separate groups of values are shown, not averaged',
    why: 'Between fast and slow launches lies a median that no launch ever had. Steady-state means need a steady state: at most 43.5 % of pairs of runtime and benchmark reach one consistently (E. Barrett et al., OOPSLA 2017).',
    lifts: 'Read the distribution, and find what separates the groups.',
  },
  C28: {
    title: 'No overall score, no winner, no conclusion on security from performance',
    why: 'Adding seconds to bytes needs weights, and the weights are the reader’s, not the tool’s. How fast an instance is says nothing about who can break out of it.',
    lifts: 'Nothing: decide with your own priorities (`tare advise` takes them).',
  },
  C29: {
    title: 'The subject of a finding is a runner in a version and configuration on this host',
    why: '"Containers are faster than VMs" is true or false depending on runtime, version, configuration and host.',
    lifts: 'Nothing: it is how results are worded.',
  },
  C30: {
    title: 'A block after which something was left behind is voided',
    why: 'A process, cgroup, mount, namespace or network device of an earlier instance takes resources from the next one.',
    lifts: 'Run `tare gc`, remove what it names, and run again.',
  },
  B0: {
    title: 'Simulated error rates',
    why: 'The figures on false alarms, coverage and power on this page are from tare’s own seeded simulations, 600 to 1500 replicates each.',
    lifts: 'Nothing: it is where figures come from.',
  },
  B1: {
    title: 'Order effects are tested',
    why: 'The residual of a launch is regressed on its position in the block and on the launch before it. Order changed published results (D. Duplyakin et al., USENIX ATC 2023).',
    lifts: 'Keep random order; longer pauses between launches reduce what one leaves for the next.',
  },
  B2: {
    title: 'Intervals of a median by order statistics',
    why: 'They assume no distribution, and performance data are rarely normal (A. Maricq et al., OSDI 2018: 900,000 measurements on 835 servers).',
    lifts: 'Nothing: it is how intervals are computed.',
  },
  B3: {
    title: 'Variation is measured at each level, and the top level counts',
    why: 'Boots or days, launches within them, iterations within those: only the number of the top level is n (T. Kalibera, R. Jones, ISMM 2013).',
    lifts: 'Repeat at the top level: more runs rather than longer ones.',
  },
  B5: {
    title: 'Memory layout is varied between launches',
    why: 'The size of the environment alone can change a result more than the optimization under test (T. Mytkowicz et al., ASPLOS 2009). Guest and container never have the same, so the bias would be systematic.',
    lifts: 'Nothing: each launch gets padding of another length.',
  },
  B6: {
    title: 'Effect size is a ratio of medians with a bootstrap interval',
    why: 'Percentile bootstrap over blocks; its coverage was 95.5 to 97.8 % in simulations with 5 to 50 blocks. BCa is not used: its acceleration is invalid for a median.',
    lifts: 'Nothing: it is how ratios are computed.',
  },
  B8: {
    title: 'A shift is the median of all differences',
    why: 'The Hodges-Lehmann estimate is not the difference of two medians, and is labelled so.',
    lifts: 'Nothing: it is how shifts are computed.',
  },
  B9: {
    title: 'A gate fails on three conditions together',
    why: 'Adjusted p below the level, an interval that excludes 1, and a ratio beyond the practical threshold.',
    lifts: 'Nothing: it is how gates decide.',
  },
  B10: {
    title: 'Equivalence is tested',
    why: 'Two one-sided tests: equivalent only if the 90 % interval lies within the bounds (D. Schuirmann 1987).',
    lifts: 'Measure more blocks.',
  },
  B11: {
    title: 'Histories are searched for change points',
    why: 'A change of level is found by energy statistics over windows (D. Matteson, N. James 2014; M. Fleming et al., "Hunter", ICPE 2023), from 12 runs of one host on.',
    lifts: 'Collect more runs on the same host.',
  },
  B12: {
    title: 'Latency is counted from the intended send time',
    why: 'In an open loop request i is due at t0 + i / rate, whatever the server does, so that a stall counts for every request it delays (G. Tene).',
    lifts: 'Nothing: it is how latency is measured.',
  },
  B14: {
    title: 'Memory is counted in several ways, and the one to use is named',
    why: 'Available memory of the host, PSS of all processes, cgroup accounting and configured size differ, most of all for virtual machines. A slope over instances needs at least ten of them.',
    lifts: 'Run a longer ladder for a slope that carries a density.',
  },
  B15: {
    title: 'CPU is that of the whole instance, read on the host',
    why: 'Virtual CPUs, the hypervisor’s threads and the share of daemons count together. A guest’s own clock and counters see none of it.',
    lifts: 'Nothing: it is how CPU is measured.',
  },
  B16: {
    title: 'Start-up has named instants',
    why: 'T0 request, T4 first process, T5 the program, T6 first correct reply, T7 all resources gone. Runners are compared from T0 to T4, T5 or T6 only, since the instants between exist on one side alone.',
    lifts: 'Nothing: it is how start-up is measured.',
  },
  B17: {
    title: 'Interference is measured per resource, against an idle neighbour',
    why: 'The victim runs next to an idle neighbour and next to one that uses one resource hard (after J. N. Matthews et al., ExpCS 2007). Interference and containment are separate questions.',
    lifts: 'Nothing: it is how isolation is measured.',
  },
  B18: {
    title: 'The host is fingerprinted, and acceleration is proven by use',
    why: 'A `/dev/kvm` that opens does not prove hardware virtualization: a paravirtual KVM answers the same calls.',
    lifts: 'Nothing: `tare doctor` shows what was found.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** A rule's number, such as "C17". */
export type RuleId = keyof typeof rules;

export const isRule = (id: string): id is RuleId => Object.hasOwn(rules, id);

/** Where a rule is explained, within the repository: "docs/rules.md#c17". */
export const ruleAnchor = (id: RuleId): string => `${rulesPage}#${id.toLowerCase()}`;

/** "rule C17, C19" in any of its lists, "(C17)", or a text that opens with "C17: ". */
const citation =
  /(?<=\brules? (?:[BC]\d{1,2}(?:, | and ))*)[BC]\d{1,2}\b|(?<=[(]|[(,;] )[BC]\d{1,2}(?=[,;)])|^[BC]\d{1,2}(?=: )/g;

/** A text in pieces: what is said, and the rules cited in it. Joined, they are the text again. */
export function citations(text: string): readonly { readonly text: string; readonly rule: RuleId | null }[] {
  const pieces: { text: string; rule: RuleId | null }[] = [];
  let from = 0;
  for (const { 0: id, index } of text.matchAll(citation)) {
    if (!isRule(id)) continue;
    if (index > from) pieces.push({ text: text.slice(from, index), rule: null });
    pieces.push({ text: id, rule: id });
    from = index + id.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), rule: null });
  return pieces;
}

/** The rules that a text cites, each once, in the order in which they are first cited. */
export function citedRules(text: string): readonly RuleId[] {
  return [...new Set(citations(text).flatMap(({ rule }) => (rule === null ? [] : [rule])))];
}
