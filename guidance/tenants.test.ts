/** Tenants who do not trust each other: how many VMs, and never two of them in one. */
import { expect, test } from 'vitest';
import { advise, answerSentence } from './advise.ts';
import { parseRequirements } from './requirements.ts';

const sentence = (needs: string): string => {
  const text = `name: shop\nserver: { virtualization: hardware }\napps:\n  - { id: pay, instances: 20, ${needs} }\n`;
  const [app] = advise(parseRequirements(text, 'shop.yaml').asked).apps;
  return app === undefined ? '' : answerSentence(app);
};

test.each([2, 3, 12])('%i untrusted tenants need a VM each, and the answer says so', (tenants) => {
  const said = sentence(`tenants: ${tenants}, trust: untrusted, isolation: own-kernel, image: app`);
  expect(said).toContain('at least one per tenant');
  expect(said).toContain(`at least ${tenants} VMs for ${tenants} tenants`);
  expect(said).toContain('no VM ever holds two tenants');
});

test('where each instance is a VM, no tenant shares one', () => {
  const said = sentence('tenants: 3, trust: untrusted, isolation: own-kernel, wholeSystem: true');
  expect(said).toMatch(/virtual machines, each of one tenant alone \(at least 20 VMs for 3 tenants/);
});

test('tenants who trust each other are not kept apart', () => {
  expect(sentence('tenants: 3, isolation: own-kernel, image: app')).not.toContain('per tenant');
});
