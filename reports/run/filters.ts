/** What a reader of a page can choose to see: families and runners, as page/filter.ts reads them. */
import { families, familyTable } from '../../bench/workloads/families.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import { visibleText } from '../../model/visible-text.ts';
import type { Filters } from '../parts/parts.ts';
import type { Subjects } from '../parts/subjects.ts';

export function filtersOf(
  metrics: readonly Pick<MetricDeclaration, 'id' | 'family'>[],
  sides: readonly Subjects[],
): Filters {
  const own = families.map((id) => ({
    id,
    title: familyTable[id].title,
    metrics: [...new Set(metrics.filter(({ family }) => family === id).map((metric) => metric.id))],
  }));
  const colors = new Map(
    sides.flatMap((subjects) =>
      subjects.cells.map((cell) => [cell.runner, subjects.color(cell.id)] as const),
    ),
  );
  return {
    families: own.filter((family) => family.metrics.length > 0),
    runners: [...colors].map(([id, color]) => ({ id: visibleText(id), color })),
  };
}
