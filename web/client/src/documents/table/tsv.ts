/** Tab-separated text as spreadsheets put it on the clipboard: quoted where a cell holds a tab, a line break or a quote. */

export function toTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(quoted).join('\t')).join('\n');
}

function quoted(cell: string): string {
  return /[\t\n\r]/.test(cell) || cell.startsWith('"') ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export function fromTsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let at = 0;
  const endCell = () => {
    rows.at(-1)?.push(cell);
    cell = '';
  };
  while (at < text.length) {
    const next = text.charAt(at);
    if (next === '"' && cell === '') {
      [cell, at] = readQuoted(text, at + 1);
    } else if (next === '\t') {
      endCell();
      at += 1;
    } else if (next === '\n' || next === '\r') {
      endCell();
      at += text.startsWith('\r\n', at) ? 2 : 1;
      if (at < text.length) rows.push([]);
      else return rows;
    } else {
      cell += next;
      at += 1;
    }
  }
  endCell();
  return rows;
}

/** Return the cell and where reading goes on; a quote that never ends ends with the text. */
function readQuoted(text: string, start: number): [string, number] {
  let cell = '';
  for (let at = start; at < text.length; at += 1) {
    if (text.charAt(at) !== '"') cell += text.charAt(at);
    else if (text.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else return [cell, at + 1];
  }
  return [cell, text.length];
}
