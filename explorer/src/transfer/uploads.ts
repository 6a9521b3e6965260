// Licensed under the Apache License, Version 2.0; see LICENSE.

// Uploads under way: a few at a time, each hashed and then sent from where the file lies, so that
// what the page holds of it does not grow with it. The server stores all of one or nothing. Nothing
// is overwritten unless somebody says so. Between two files they can be paused; half of one cannot
// be kept anywhere, so that one goes on or is stopped.

import { signal, type Signal } from '@preact/signals'
import { write, type Condition } from '../wire/content'
import { ask, Broken, jsonBody, Refused, type Caller } from '../wire/request'
import { sha256Of } from '../wire/sign'

export type State = 'waiting' | 'reading' | 'sending' | 'done' | 'conflict' | 'failed' | 'stopped'

const AT_ONCE = 3
const LONGEST_ID = 255

export class Upload {
  readonly key = crypto.randomUUID()
  readonly state: Signal<State> = signal('waiting')
  readonly done = signal(0)
  problem: unknown
  // What it is called where its id is another.
  name: string
  private hash: Uint8Array | undefined
  private stopper = new AbortController()

  constructor(
    readonly caller: Caller,
    // The container, with the slash behind it.
    readonly container: string,
    readonly file: File,
    public id: string,
    private condition: Condition
  ) {
    this.name = file.name
  }

  async run(): Promise<void> {
    const { caller, file } = this
    const { signal } = this.stopper
    const progress = (bytes: number) => (this.done.value = Math.min(bytes, file.size))
    try {
      this.state.value = 'reading'
      this.hash ??= await sha256Of(file, progress, signal)
      this.state.value = 'sending'
      this.done.value = 0
      const url = this.url
      const options = { body: file, hash: this.hash, progress, signal }
      await write(caller, url, this.condition, options)
      if (caller.server.protocol === 'pws' && this.id !== this.name) await this.note(url)
      this.state.value = 'done'
    } catch (error) {
      this.problem = error
      const conflict = error instanceof Refused && error.status === 412
      this.state.value = signal.aborted ? 'stopped' : conflict ? 'conflict' : 'failed'
    }
  }

  get url(): string {
    return this.container + this.id.split('/').map(encodeURIComponent).join('/')
  }

  // The name that the file had, where an id could not be that.
  private async note(url: string): Promise<void> {
    const body = jsonBody({ custom: { name: this.name.slice(0, LONGEST_ID) } })
    await ask(this.caller, 'PUT', `${url}/meta`, { body }).catch(error => {
      // What was stored is stored, whatever it is called.
      if (!(error instanceof Refused)) throw error
    })
  }

  stop(): void {
    this.stopper.abort()
    if (this.state.value === 'waiting') this.state.value = 'stopped'
  }

  again(condition: Condition = this.condition): void {
    this.condition = condition
    this.stopper = new AbortController()
    this.state.value = 'waiting'
    pump()
  }
}

export const uploads = signal<Upload[]>([])

// Told of each upload that ended well.
export const uploaded = signal(0)

export function upload(caller: Caller, container: string, files: Iterable<File>): void {
  const { protocol } = caller.server
  const added = [...files].map(
    file =>
      new Upload(caller, container, file, protocol === 'pws' ? idOf(file.name) : file.name, 'new')
  )
  uploads.value = [...uploads.value, ...added]
  pump()
}

export function forgetDone(): void {
  const over: State[] = ['done', 'stopped']
  uploads.value = uploads.value.filter(({ state }) => !over.includes(state.value))
  // Nobody would see then why the next files wait.
  if (uploads.value.length === 0) goOn()
}

// Whether no further file begins.
export const paused = signal(false)

export function pause(): void {
  paused.value = true
}

export function goOn(): void {
  paused.value = false
  pump()
}

let running = 0

function pump(): void {
  while (running < AT_ONCE && !paused.value) {
    const next = uploads.value.find(({ state }) => state.value === 'waiting')
    if (!next) return
    running++
    void next.run().finally(() => {
      running--
      if (next.state.value === 'done') uploaded.value++
      pump()
    })
  }
}

// What an id may be in pws, as close to a file's name as that allows.
export function idOf(name: string): string {
  const id = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._~-]+/g, '-')
    .replace(/^\.+$/, '-')
    .slice(-LONGEST_ID)
  return id || crypto.randomUUID()
}

// Why it failed, in words that a person can act on: the network, or the server's own.
export function isBroken(upload: Upload): boolean {
  return upload.problem instanceof Broken
}
