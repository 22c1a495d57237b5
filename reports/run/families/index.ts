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
import type { Addition, FamilyParts } from './addition.ts';
import { scaleOutBlocks } from './scale-out.ts';
import { stageBlocks } from './startup.ts';
import { surfaceBlocks } from './surface.ts';

/** Shown in every family that has the data, after its medians. */
export const everyFamily: readonly Addition[] = [
  (_record, analysis, subjects, family) => percentileBlocks(family, analysis, subjects),
  besideBlocks,
];

export const familyParts: Readonly<Record<Family, FamilyParts>> = {
  startup: {
    before: [stageBlocks],
    after: [],
  },

  tare: {
    before: [ladderBlocks],
    after: [],
    foldCharts: true,
  },

  app: {
    before: [],
    after: [],
  },

  cpu: {
    before: [],
    after: [],
  },

  memory: {
    before: [memoryBlocks],
    after: [],
    foldCharts: true,
  },

  io: {
    before: [storageBlocks],
    after: [],
  },

  network: {
    before: [networkBlocks],
    after: [loadTable],
    foldCharts: true,
  },

  density: {
    before: [densityBlocks],
    after: [],
    foldCharts: true,
  },

  'scale-out': {
    before: [scaleOutBlocks],
    after: [],
    foldCharts: true,
  },

  isolation: {
    before: [isolationBlocks],
    after: [surfaceBlocks],
    foldCharts: true,
  },
};
