// Reads the arguments of the subcommands.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { KernelName } from "../kernel/kernel.js";
import { isKernelName } from "../kernel/load.js";
import { describeError, errorCode, UsageError } from "./command.js";

const MAX_PORT = 65_535;
const MAX_WORKERS = 1024;

/** Calls `parseArgs`, whose exceptions are mistakes in the command line. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (errorCode(error)?.startsWith("ERR_PARSE_ARGS_") !== true) throw error;
    // The text behind the first sentence is advice that does not fit here.
    const [sentence = ""] = describeError(error).split(/\.\s|\n/);
    throw new UsageError(sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, ""));
  }
}

/** @throws UsageError if the value is not a port */
export function parsePort(text: string): number {
  const port = parseWholeNumber(text);
  if (port === undefined || port > MAX_PORT) {
    throw new UsageError(`--port must be a number from 0 to ${MAX_PORT}, not "${text}"`);
  }
  return port;
}

/** @throws UsageError if the value is not a number of bytes */
export function parseMaxMessageBytes(text: string): number {
  const bytes = parseWholeNumber(text);
  if (bytes === undefined) {
    throw new UsageError(`--max-message-bytes must be a whole number of bytes, not "${text}"`);
  }
  return bytes;
}

/** @throws UsageError if the value is not a number of processes */
export function parseWorkers(text: string): number {
  const workers = parseWholeNumber(text);
  if (workers === undefined || workers < 1 || workers > MAX_WORKERS) {
    throw new UsageError(`--workers must be a number from 1 to ${MAX_WORKERS}, not "${text}"`);
  }
  return workers;
}

function parseWholeNumber(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/**
 * The kernel that an option asks for, or else the environment, so that a mistake in either shows at once.
 * @throws UsageError if there is no such kernel
 */
export function parseKernel(option: string | undefined): KernelName | undefined {
  const { WSIMD_KERNEL: fromEnvironment } = process.env;
  const name = option ?? fromEnvironment;
  if (name === undefined) return undefined;
  if (option === undefined && (name === "" || name === "auto")) return undefined;
  if (isKernelName(name)) return name;
  const where = option === undefined ? "WSIMD_KERNEL" : "--kernel";
  throw new UsageError(`${where} must be simd, scalar or js, not "${name}"`);
}

/** A certificate and its key, as PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its key, and checks that they belong together.
 * @throws UsageError if one is missing or they do not fit together
 */
export function readTlsFiles(cert: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw new UsageError("--tls-key needs --tls-cert");
  if (key === undefined) throw new UsageError("--tls-cert needs --tls-key");
  const files = { cert: readOption("--tls-cert", cert), key: readOption("--tls-key", key) };
  try {
    createSecureContext(files);
  } catch (error) {
    throw new UsageError(`--tls-cert and --tls-key are no certificate and its key: ${describeError(error)}`);
  }
  return files;
}

/**
 * Reads a certificate in PEM.
 * @throws UsageError if the file can't be read, or holds none
 */
export function readCertificate(option: string, file: string): Buffer {
  const pem = readOption(option, file);
  try {
    new X509Certificate(pem);
  } catch {
    throw new UsageError(`${option} ${file}: this is no certificate in PEM`);
  }
  return pem;
}

function readOption(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = errorCode(error) === "ENOENT" ? "there is no such file" : describeError(error);
    throw new UsageError(`${option} ${file}: ${why}`);
  }
}

/**
 * A `Name: value` of the command line.
 * @throws UsageError if the value is not of this form
 */
export function parseHeader(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(":");
  if (colon <= 0) throw new UsageError(`--header must be like "Name: value", not "${text}"`);
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}
