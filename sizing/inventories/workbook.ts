/** An .xlsx workbook -> its sheets as rows of cells; the only door to read-excel-file. Macros are never run. */
import readWorkbookFile from 'read-excel-file/node';
import { messageOf, UserError } from '../../model/errors.ts';
import type { Notes } from './notes.ts';
import type { Cell } from './table.ts';
import { inspectZip } from './zip.ts';

export interface Sheet {
  readonly name: string;
  readonly grid: readonly (readonly Cell[])[];
}

/** @throws UserError for a workbook that cannot be read as a whole */
export async function readWorkbook(bytes: Buffer, file: string, notes: Notes): Promise<Sheet[]> {
  const { names, withFormulas } = inspectZip(bytes, file);
  if (names.includes('xl/workbook.bin')) {
    throw new UserError(`${file}: is a binary workbook (.xlsb)`, 'save it as .xlsx');
  }
  if (!names.includes('xl/workbook.xml')) {
    throw new UserError(
      `${file}: is a ZIP archive but no workbook`,
      'give an .xlsx, or unpack the archive first',
    );
  }
  if (names.some((name) => name.endsWith('vbaProject.bin'))) {
    notes.remarks.add(`${file} holds macros: they were ignored`);
  }
  if (withFormulas.length > 0) {
    notes.remarks.add(`${file} holds formulas: what they last came to was read, nothing was computed`);
  }
  try {
    const sheets = await readWorkbookFile(bytes);
    return sheets.map(({ sheet, data }) => ({ name: sheet, grid: data as unknown as Cell[][] }));
  } catch (error) {
    throw new UserError(
      `${file}: is no readable workbook: ${messageOf(error)}`,
      'export it again',
      undefined,
      error,
    );
  }
}
