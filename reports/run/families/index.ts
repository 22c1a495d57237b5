/**
 * What a family of metrics shows beside the charts and medians that every family has: one entry per
 * family, each from a file of its own. Facts without a metric get a section by this door alone.
 */
import type { Family } from '../../../model/metric.ts';
import { densityBlocks } from './density.ts';
import { storageBlocks } from './io.ts';
import { isolationBlocks } from './isolation.ts';
import { ladderBlocks } from './ladder.ts';
import { memoryBlocks } from './memory.ts';
import { loadTable, networkBlocks } from './network.ts';
import { percentileBlocks } from './percentiles.ts';
import { besideBlocks } from '../../published/blocks.ts';
import type { Addition, FamilyWords } from './addition.ts';
import { scaleOutBlocks } from './scale-out.ts';
import { stageBlocks } from './startup.ts';
import { surfaceBlocks } from './surface.ts';

/** Shown in every family that has the data, after its medians. */
export const everyFamily: readonly Addition[] = [
  (_record, analysis, subjects, family) => percentileBlocks(family, analysis, subjects),
  besideBlocks,
];

export const familyParts: Readonly<Record<Family, FamilyWords>> = {
  startup: {
    lead: 'All instants are read on the host’s one monotonic clock, from the request (T0) on.',
    before: [stageBlocks],
    after: [],
  },

  tare: {
    lead: 'Read from the host for every runner alike, helpers and VMM included.',
    before: [ladderBlocks],
    after: [],
    foldCharts: true,
  },

  app: {
    lead: 'Numbers that the program itself gave, read as the scenario says.',
    before: [],
    after: [],
  },

  cpu: {
    lead: 'Throughput is what the program printed; CPU cost is read from the host.',
    before: [],
    after: [],
  },

  memory: {
    lead: 'Speed is what the program printed; sizes are read from the host unless a row says otherwise.',
    before: [memoryBlocks],
    after: [],
    foldCharts: true,
  },

  io: {
    lead: 'Rates and latencies are fio’s own; CPU cost is read from the host. What only the page cache answered is labelled so.',
    before: [storageBlocks],
    after: [],
  },

  network: {
    lead: 'Latency counts from the instant a request was due, not from when it could be sent: a stalled server cannot hide its queue.',
    before: [networkBlocks],
    after: [loadTable],
    foldCharts: true,
  },

  density: {
    lead: 'Instances were added in steps until an objective failed or the question was answered; nothing is extrapolated beyond twice what ran (C24).',
    before: [densityBlocks],
    after: [],
    foldCharts: true,
  },

  'scale-out': {
    lead: 'All instances of a wave were requested at one instant (T0); the wave is over when the last one is ready.',
    before: [scaleOutBlocks],
    after: [],
    foldCharts: true,
  },

  isolation: {
    lead: 'Interference, containment and what is reachable from inside are separate questions; they are never merged into one score (C28).',
    before: [isolationBlocks],
    after: [surfaceBlocks],
    foldCharts: true,
  },
};
