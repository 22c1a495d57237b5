/**
 * Surface facts: what a program inside can reach and see, found by trying (bench/surface). It has no
 * metric: a count of reachable calls or visible files is no measure of security, and adding facts up would
 * make one of them (METHODOLOGY C28).
 */
import { z } from 'zod';
import type { SurfaceWorkload } from './workload.ts';

export const surface: SurfaceWorkload<Record<string, never>> = {
  kind: 'surface',
  id: 'surface',
  family: 'isolation',
  title: 'surface facts',
  programs: [],
  options: z.strictObject({}),
  metrics: [],
  estimateSeconds: () => 5,
};
