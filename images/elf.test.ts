import { expect, test } from 'vitest';
import { readElfNeeds } from './elf.ts';
import { makeElf } from './testing/elf.ts';

test('interpreter, libraries and run path are read from the program headers', () => {
  const program = makeElf({
    interpreter: '/lib64/ld-linux-x86-64.so.2',
    needed: ['libm.so.6', 'libc.so.6'],
    runPath: '$ORIGIN/../private:/opt/lib',
  });
  expect(readElfNeeds(program)).toEqual({
    interpreter: '/lib64/ld-linux-x86-64.so.2',
    needed: ['libm.so.6', 'libc.so.6'],
    runPath: ['$ORIGIN/../private', '/opt/lib'],
  });
});

test('a static program needs nothing', () => {
  expect(readElfNeeds(makeElf({ interpreter: null, needed: null }))).toEqual({
    interpreter: null,
    needed: [],
    runPath: [],
  });
});

test('a script or a short file is not ELF', () => {
  expect(readElfNeeds(Buffer.from('#!/bin/sh\n'.repeat(20)))).toBeNull();
  expect(readElfNeeds(Buffer.from('\x7fELF'))).toBeNull();
});
