/**
 * The functions a table knows: English name, German name, what they take, how many arguments at least and at most.
 *
 * Laws: the English name is what is stored. What would give another value on every screen or at every look (now, today,
 * chance), reach outside the table or build a reference out of text is not here. A German name means the same function
 * everywhere, so that each language understands the other's names. `also` are newer or older names of the same function.
 */

export interface FunctionEntry {
  readonly en: string;
  readonly de: string;
  readonly takesEn: string;
  readonly takesDe: string;
  readonly least: number;
  readonly most: number;
  readonly also: readonly string[];
}

/** More arguments than this are refused anyway. */
const MANY = 64;

// English | German | takes | nimmt | how many | also called
const LINES = `
SUM|SUMME|values …|Werte …|1-*|
AVERAGE|MITTELWERT|values …|Werte …|1-*|
COUNT|ANZAHL|values …|Werte …|1-*|
COUNTA|ANZAHL2|values …|Werte …|1-*|
COUNTBLANK|ANZAHLLEEREZELLEN|range|Bereich|1|
MIN|MIN|values …|Werte …|1-*|
MAX|MAX|values …|Werte …|1-*|
PRODUCT|PRODUKT|values …|Werte …|1-*|
SUMSQ|QUADRATESUMME|values …|Werte …|1-*|
SUMPRODUCT|SUMMENPRODUKT|range, range …|Bereich; Bereich …|1-*|
SUMIF|SUMMEWENN|range, condition, sum range|Bereich; Bedingung; Summenbereich|2-3|
SUMIFS|SUMMEWENNS|sum range, range, condition …|Summenbereich; Bereich; Bedingung …|3-*|
COUNTIF|ZÄHLENWENN|range, condition|Bereich; Bedingung|2|
COUNTIFS|ZÄHLENWENNS|range, condition …|Bereich; Bedingung …|2-*|
AVERAGEIF|MITTELWERTWENN|range, condition, mean range|Bereich; Bedingung; Mittelwertbereich|2-3|
AVERAGEIFS|MITTELWERTWENNS|mean range, range, condition …|Mittelwertbereich; Bereich; Bedingung …|3-*|
MINIFS|MINWENNS|min range, range, condition …|Bereich; Prüfbereich; Bedingung …|3-*|
MAXIFS|MAXWENNS|max range, range, condition …|Bereich; Prüfbereich; Bedingung …|3-*|
MEDIAN|MEDIAN|values …|Werte …|1-*|
MODE|MODALWERT|values …|Werte …|1-*|MODE.SNGL MODUS.EINF
STDEV|STABW|values …|Werte …|1-*|STDEV.S STABW.S
STDEVP|STABWN|values …|Werte …|1-*|STDEV.P STABW.N
VAR|VARIANZ|values …|Werte …|1-*|VAR.S
VARP|VARIANZEN|values …|Werte …|1-*|VAR.P
LARGE|KGRÖSSTE|range, k|Bereich; k|2|
SMALL|KKLEINSTE|range, k|Bereich; k|2|
RANK|RANG|number, range, ascending|Zahl; Bereich; aufsteigend|2-3|RANK.EQ RANG.GLEICH
PERCENTILE|QUANTIL|range, share|Bereich; Anteil|2|PERCENTILE.INC QUANTIL.INKL
QUARTILE|QUARTILE|range, quartile|Bereich; Quartil|2|QUARTILE.INC QUARTILE.INKL
GEOMEAN|GEOMITTEL|values …|Werte …|1-*|
CORREL|KORREL|range 1, range 2|Bereich 1; Bereich 2|2|
SLOPE|STEIGUNG|y values, x values|Y-Werte; X-Werte|2|
INTERCEPT|ACHSENABSCHNITT|y values, x values|Y-Werte; X-Werte|2|
BINOMDIST|BINOMVERT|successes, trials, probability, cumulative|Erfolge; Versuche; Wahrscheinlichkeit; kumuliert|4|BINOM.DIST BINOM.VERT
NORMDIST|NORMVERT|x, mean, deviation, cumulative|x; Mittelwert; Abweichung; kumuliert|4|NORM.DIST NORM.VERT
ROUND|RUNDEN|number, digits|Zahl; Stellen|2|
ROUNDUP|AUFRUNDEN|number, digits|Zahl; Stellen|2|
ROUNDDOWN|ABRUNDEN|number, digits|Zahl; Stellen|2|
INT|GANZZAHL|number|Zahl|1|
TRUNC|KÜRZEN|number, digits|Zahl; Stellen|1-2|
MROUND|VRUNDEN|number, multiple|Zahl; Vielfaches|2|
CEILING|OBERGRENZE|number, step|Zahl; Schritt|2|CEILING.MATH OBERGRENZE.MATHEMATIK
FLOOR|UNTERGRENZE|number, step|Zahl; Schritt|2|FLOOR.MATH UNTERGRENZE.MATHEMATIK
EVEN|GERADE|number|Zahl|1|
ODD|UNGERADE|number|Zahl|1|
ABS|ABS|number|Zahl|1|
SIGN|VORZEICHEN|number|Zahl|1|
SQRT|WURZEL|number|Zahl|1|
POWER|POTENZ|base, exponent|Basis; Exponent|2|
EXP|EXP|exponent|Exponent|1|
LN|LN|number|Zahl|1|
LOG|LOG|number, base|Zahl; Basis|1-2|
LOG10|LOG10|number|Zahl|1|
MOD|REST|number, divisor|Zahl; Teiler|2|
QUOTIENT|QUOTIENT|number, divisor|Zahl; Teiler|2|
GCD|GGT|numbers …|Zahlen …|1-*|
LCM|KGV|numbers …|Zahlen …|1-*|
FACT|FAKULTÄT|number|Zahl|1|
COMBIN|KOMBINATIONEN|n, k|n; k|2|
PERMUT|VARIATIONEN|n, k|n; k|2|
PI|PI|||0|
SIN|SIN|radians|Bogenmaß|1|
COS|COS|radians|Bogenmaß|1|
TAN|TAN|radians|Bogenmaß|1|
ASIN|ARCSIN|number|Zahl|1|
ACOS|ARCCOS|number|Zahl|1|
ATAN|ARCTAN|number|Zahl|1|
ATAN2|ARCTAN2|x, y|x; y|2|
DEGREES|GRAD|radians|Bogenmaß|1|
RADIANS|BOGENMASS|degrees|Grad|1|
DEC2BIN|DEZINBIN|number, digits|Zahl; Stellen|1-2|
BIN2DEC|BININDEZ|binary number|Binärzahl|1|
DEC2HEX|DEZINHEX|number, digits|Zahl; Stellen|1-2|
HEX2DEC|HEXINDEZ|hex number|Hexadezimalzahl|1|
IF|WENN|condition, then, otherwise|Bedingung; dann; sonst|2-3|
IFS|WENNS|condition, value …|Bedingung; Wert …|2-*|
IFERROR|WENNFEHLER|value, in case of error|Wert; bei Fehler|2|
IFNA|WENNNV|value, if not found|Wert; falls nicht gefunden|2|
SWITCH|ERSTERWERT|value, case, result …|Wert; Fall; Ergebnis …|3-*|
CHOOSE|WAHL|number, value 1, value 2 …|Nummer; Wert 1; Wert 2 …|2-*|
AND|UND|conditions …|Bedingungen …|1-*|
OR|ODER|conditions …|Bedingungen …|1-*|
XOR|XODER|conditions …|Bedingungen …|1-*|
NOT|NICHT|condition|Bedingung|1|
TRUE|WAHR|||0|
FALSE|FALSCH|||0|
ISBLANK|ISTLEER|cell|Zelle|1|
ISNUMBER|ISTZAHL|value|Wert|1|
ISTEXT|ISTTEXT|value|Wert|1|
ISLOGICAL|ISTLOG|value|Wert|1|
ISERROR|ISTFEHLER|value|Wert|1|
ISNA|ISTNV|value|Wert|1|
ISEVEN|ISTGERADE|number|Zahl|1|
ISODD|ISTUNGERADE|number|Zahl|1|
NA|NV|||0|
VLOOKUP|SVERWEIS|value, range, column, approximate|Wert; Bereich; Spalte; ungefähr|3-4|
HLOOKUP|WVERWEIS|value, range, row, approximate|Wert; Bereich; Zeile; ungefähr|3-4|
INDEX|INDEX|range, row, column|Bereich; Zeile; Spalte|2-3|
MATCH|VERGLEICH|value, range, type|Wert; Bereich; Typ|2-3|
ROW|ZEILE|cell|Zelle|0-1|
COLUMN|SPALTE|cell|Zelle|0-1|
ROWS|ZEILEN|range|Bereich|1|
COLUMNS|SPALTEN|range|Bereich|1|
CONCATENATE|VERKETTEN|texts …|Texte …|1-*|
CONCAT|TEXTKETTE|texts …|Texte …|1-*|
TEXTJOIN|TEXTVERKETTEN|separator, skip empty, texts …|Trennzeichen; Leere überspringen; Texte …|3-*|
LEFT|LINKS|text, number|Text; Anzahl|1-2|
RIGHT|RECHTS|text, number|Text; Anzahl|1-2|
MID|TEIL|text, start, number|Text; Anfang; Anzahl|3|
LEN|LÄNGE|text|Text|1|
UPPER|GROSS|text|Text|1|
LOWER|KLEIN|text|Text|1|
PROPER|GROSS2|text|Text|1|
TRIM|GLÄTTEN|text|Text|1|
SUBSTITUTE|WECHSELN|text, old, new, which|Text; alt; neu; welches|3-4|
REPLACE|ERSETZEN|text, start, number, new|Text; Anfang; Anzahl; neu|4|
FIND|FINDEN|wanted, text, start|gesucht; Text; Anfang|2-3|
SEARCH|SUCHEN|wanted, text, start|gesucht; Text; Anfang|2-3|
REPT|WIEDERHOLEN|text, times|Text; wie oft|2|
EXACT|IDENTISCH|text 1, text 2|Text 1; Text 2|2|
VALUE|WERT|text|Text|1|
CHAR|ZEICHEN|code|Code|1|UNICHAR UNIZEICHEN
CODE|CODE|text|Text|1|UNICODE
`;

function entry(line: string): FunctionEntry {
  const [en = '', de = '', takesEn = '', takesDe = '', count = '', also = ''] = line.split('|');
  const [least = '', most = least] = count.split('-');
  return { en, de, takesEn, takesDe, least: Number(least), most: most === '*' ? MANY : Number(most), also: also === '' ? [] : also.split(' ') };
}

export const FUNCTIONS: readonly FunctionEntry[] = LINES.trim().split('\n').map(entry);

const byName = new Map<string, FunctionEntry>();
for (const one of FUNCTIONS) for (const name of [one.en, one.de, ...one.also]) byName.set(name, one);

/** The function of any of its names, upper case. */
export function functionNamed(name: string): FunctionEntry | undefined {
  return byName.get(name);
}

/** What a function is called here; an unknown one keeps its name. */
export function nameIn(name: string, locale: 'de' | 'en'): string {
  return byName.get(name)?.[locale] ?? name;
}
