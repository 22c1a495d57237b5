import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleText } from '../../../model/visible-text.ts';
import { element, escapeText, scriptJson } from './markup.ts';

test('text and attributes are escaped, elements are not', () => {
  const inner = element('b', { title: '"><img onerror=x>' }, '<script>', 1);
  expect(element('p', { hidden: true, class: null }, inner, null).markup).toBe(
    '<p hidden><b title="&quot;&gt;&lt;img onerror=x&gt;">&lt;script&gt;1</b></p>',
  );
});

test('no text can open a tag or leave its attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeText(text)).not.toMatch(/[<>"']/);
    }),
  );
});

test('direction overrides, separators and controls are made visible or harmless', () => {
  expect(visibleText('a\u202Eb\u2066c\u0000d\u2028e\nf\ud800')).toBe('a\uFFFDb\uFFFDc\uFFFDd e\nf\uFFFD');
  expect(visibleText('\u001b[31m \u009b31m \u0085')).toBe('\uFFFD[31m \uFFFD31m \uFFFD');
});

test('JSON in a script parses to the same value and holds no tag and no line separator', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = scriptJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    }),
  );
  expect(scriptJson('</script>\u2028<!--')).toBe('"\\u003c/script\\u003e\\u2028\\u003c!--"');
});
