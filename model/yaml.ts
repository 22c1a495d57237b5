/**
 * A parsed YAML document as plain data, and the place in the text of any field of it.
 */
import { isMap, isNode, isScalar, type Document } from 'yaml';
import { UserError } from './errors.ts';

/** Where in the text a path stands: its key if there is one, else the nearest parent. */
export function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key: node }) => isScalar(node) && node.value === key);
      if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/**
 * A document as plain data.
 * @throws what `refuse` makes of an alias without its anchor, or of aliases that would fill the memory
 */
export function dataOf(document: Document, refuse: (problem: string) => UserError): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) throw refuse(`its aliases (*) cannot be followed: ${error.message}`);
    throw error;
  }
}
