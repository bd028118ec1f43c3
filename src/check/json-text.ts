// Owns whether a JSON text is whole (RFC 8259): it is walked through byte by byte and nothing is built of it. JSON.parse takes
// a minute and 1.4 GB for 60 MB of `{},`, in which its thread answers nobody; and 1 s for 60 MB of real facts.
import type { ByteSource } from '../model/body.ts';
import { isLong, type Turns } from './turns.ts';

export type JsonEnd =
  | 'whole'
  /** A number alone: more digits may have followed. */
  | 'number'
  /** Cut, or no JSON. */
  | 'broken';

const WINDOW_BYTES = 1024 * 1024;

/** No document nests so deep; whoever writes one wants our memory. */
const MAX_DEPTH = 100_000;

export function* judgeJson(source: ByteSource, windowBytes = WINDOW_BYTES): Turns<JsonEnd> {
  const walk = new JsonWalk();
  const hasMark = source.read(0, 3).equals(BYTE_ORDER_MARK);
  for (let position = hasMark ? 3 : 0; position < source.size && !walk.isBroken; position += windowBytes) {
    walk.take(source.read(position, windowBytes));
    if (isLong(source)) yield;
  }
  return walk.finish();
}

/** What may come next. */
type Place =
  | 'value'
  | 'value or ]'
  | 'key'
  | 'key or }'
  | 'colon'
  /** Behind a value that others may follow. */
  | 'comma or close'
  | 'end'
  | 'string'
  | 'literal'
  | 'number'
  | 'broken';

/** Where in a number: `int`, `zero`, `fraction` and `exponent` may be its end. */
type NumberPlace = 'minus' | 'zero' | 'int' | 'point' | 'fraction' | 'e' | 'sign' | 'exponent';

class JsonWalk {
  #place: Place = 'value';
  /** `}` or `]` for each object and array that is open. */
  readonly #closings: number[] = [];
  /** The string is the key of an object. */
  #isKey = false;
  #isEscaped = false;
  /** Hex digits of `\u` that are to come. */
  #hexDigits = 0;
  #literal = '';
  #number: NumberPlace = 'zero';

  get isBroken(): boolean {
    return this.#place === 'broken';
  }

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#place !== 'broken';) at = this.#step(bytes, at);
  }

  finish(): JsonEnd {
    if (this.#place === 'end') return 'whole';
    return this.#place === 'number' && this.#closings.length === 0 && mayEnd(this.#number) ? 'number' : 'broken';
  }

  #step(bytes: Buffer, from: number): number {
    if (this.#place === 'string') return this.#walkString(bytes, from);
    if (this.#place === 'number') return this.#walkNumber(bytes, from);
    const byte = bytes[from] ?? 0;
    if (this.#place === 'literal') this.#takeOfLiteral(byte);
    else if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) this.#takeSign(byte);
    return from + 1;
  }

  #takeSign(byte: number): void {
    switch (this.#place) {
      case 'value':
        return this.#begin(byte);
      case 'value or ]':
        return byte === CLOSE_ARRAY ? this.#close(byte) : this.#begin(byte);
      case 'key or }':
        return byte === CLOSE_OBJECT ? this.#close(byte) : this.#beginKey(byte);
      case 'key':
        return this.#beginKey(byte);
      case 'colon':
        this.#place = byte === COLON ? 'value' : 'broken';
        return;
      case 'comma or close':
        if (byte !== COMMA) return this.#close(byte);
        this.#place = this.#closings.at(-1) === CLOSE_OBJECT ? 'key' : 'value';
        return;
      default:
        this.#place = 'broken';
    }
  }

  #begin(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#isKey = false;
        this.#place = 'string';
        return;
      case OPEN_OBJECT:
        return this.#open(CLOSE_OBJECT, 'key or }');
      case OPEN_ARRAY:
        return this.#open(CLOSE_ARRAY, 'value or ]');
      default: {
        const number = byte === MINUS ? 'minus' : startOfDigits(byte);
        if (number === undefined) return this.#beginLiteral(byte);
        this.#place = 'number';
        this.#number = number;
      }
    }
  }

  #beginLiteral(byte: number): void {
    const literal = LITERALS.find((word) => word.charCodeAt(0) === byte);
    this.#place = literal === undefined ? 'broken' : 'literal';
    this.#literal = literal?.slice(1) ?? '';
  }

  #beginKey(byte: number): void {
    this.#isKey = true;
    this.#place = byte === QUOTE ? 'string' : 'broken';
  }

  #open(closing: number, place: Place): void {
    this.#closings.push(closing);
    this.#place = this.#closings.length > MAX_DEPTH ? 'broken' : place;
  }

  #close(byte: number): void {
    if (this.#closings.pop() === byte) this.#endValue();
    else this.#place = 'broken';
  }

  #endValue(): void {
    this.#place = this.#closings.length === 0 ? 'end' : 'comma or close';
  }

  #walkString(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#isEscaped) this.#takeEscaped(byte);
      else if (this.#hexDigits > 0) this.#takeHexDigit(byte);
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) {
        if (this.#isKey) this.#place = 'colon';
        else this.#endValue();
        return at + 1;
      } else if (byte < 0x20) this.#place = 'broken';
      if (this.#place === 'broken') return at;
    }
    return bytes.length;
  }

  #takeEscaped(byte: number): void {
    this.#isEscaped = false;
    if (byte === SMALL_U) this.#hexDigits = 4;
    else if (!ESCAPES.includes(byte)) this.#place = 'broken';
  }

  #takeHexDigit(byte: number): void {
    this.#hexDigits--;
    const letter = byte | 0x20;
    if (!isDigit(byte) && (letter < 0x61 || letter > 0x66)) this.#place = 'broken';
  }

  #takeOfLiteral(byte: number): void {
    if (this.#literal.charCodeAt(0) !== byte) this.#place = 'broken';
    else if (this.#literal.length === 1) this.#endValue();
    this.#literal = this.#literal.slice(1);
  }

  /** Up to the first byte that is not of the number, which is not taken. */
  #walkNumber(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const next = nextInNumber(this.#number, bytes[at] ?? 0);
      if (next === undefined) {
        if (mayEnd(this.#number)) this.#endValue();
        else this.#place = 'broken';
        return at;
      }
      this.#number = next;
    }
    return bytes.length;
  }
}

function nextInNumber(place: NumberPlace, byte: number): NumberPlace | undefined {
  switch (place) {
    case 'minus':
      return startOfDigits(byte);
    case 'zero':
      return byte === POINT ? 'point' : startOfExponent(byte);
    case 'int':
      return isDigit(byte) ? 'int' : nextInNumber('zero', byte);
    case 'point':
      return isDigit(byte) ? 'fraction' : undefined;
    case 'fraction':
      return isDigit(byte) ? 'fraction' : startOfExponent(byte);
    case 'e':
      return byte === MINUS || byte === PLUS ? 'sign' : nextInNumber('sign', byte);
    case 'sign':
    case 'exponent':
      return isDigit(byte) ? 'exponent' : undefined;
  }
}

function startOfDigits(byte: number): NumberPlace | undefined {
  if (!isDigit(byte)) return undefined;
  return byte === ZERO ? 'zero' : 'int';
}

function startOfExponent(byte: number): NumberPlace | undefined {
  return (byte | 0x20) === SMALL_E ? 'e' : undefined;
}

function mayEnd(place: NumberPlace): boolean {
  return place === 'zero' || place === 'int' || place === 'fraction' || place === 'exponent';
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const LITERALS = ['true', 'false', 'null'];
/** What may follow a backslash, `u` aside. */
const ESCAPES = Buffer.from('"\\/bfnrt');
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
