// Licensed under the Apache License, Version 2.0; see LICENSE.

// Downloads: piece by piece into a file of this origin's private file system, then handed to the
// browser as a whole. A connection that breaks is gone on from where it was, by a range of the same
// version; another version begins anew. What is not whole is never handed over.

import { signal, type Signal } from '@preact/signals'
import { readFrom } from '../wire/content'
import { piecesOf } from '../wire/pieces'
import { ask, Broken, type Caller } from '../wire/request'

export type State = 'running' | 'broken' | 'done' | 'failed' | 'stopped'

// How often one goes on by itself, and how long it waits before.
const ATTEMPTS = 5
const PAUSE_MS = 1500
const FOLDER = 'downloads'
// Without that file system a download is kept in memory, up to so much.
const MOST_IN_MEMORY = 256 * 1024 * 1024

export class Download {
  readonly key = crypto.randomUUID()
  readonly state: Signal<State> = signal('running')
  readonly done = signal(0)
  readonly size = signal<number | undefined>(undefined)
  problem: unknown
  private stopper = new AbortController()
  private sink: Sink | undefined
  private etag: string | undefined

  constructor(
    readonly caller: Caller,
    readonly url: string,
    readonly name: string,
    // An archive is made anew each time, so it has no ranges.
    private readonly archive: boolean
  ) {}

  async run(): Promise<void> {
    this.state.value = 'running'
    try {
      this.sink ??= await openSink(this.key)
      for (let attempt = 1; ; attempt++) {
        try {
          await this.readOn()
          break
        } catch (error) {
          if (!(error instanceof Broken) || attempt >= ATTEMPTS) throw error
          this.state.value = 'broken'
          await this.pause()
          this.state.value = 'running'
        }
      }
      save(await this.sink.file(), this.name)
      this.state.value = 'done'
    } catch (error) {
      this.problem = error
      this.state.value = this.stopper.signal.aborted ? 'stopped' : 'failed'
    }
  }

  private async readOn(): Promise<void> {
    const { signal } = this.stopper
    const { response, from, size } = this.archive ? await this.openArchive() : await this.open()
    this.size.value = size
    this.done.value = from
    await this.sink!.seek(from)
    const pieces = piecesOf(response.body!)
    try {
      for (;;) {
        const { value } = await pieces.next().catch(error => {
          throw signal.aborted ? error : new Broken()
        })
        if (!value) break
        await this.sink!.write(value)
        this.done.value += value.length
      }
    } finally {
      await pieces.return()
    }
    if (size !== undefined && this.done.value !== size) throw new Broken()
  }

  private async open() {
    const { signal } = this.stopper
    const { etag } = this
    const from = etag ? this.done.value : 0
    const piece = await readFrom(this.caller, this.url, from, undefined, { etag, signal })
    this.etag = piece.about.etag || undefined
    return { response: piece.response, from: piece.from, size: piece.about.size }
  }

  private async openArchive() {
    const { server } = this.caller
    const { signal } = this.stopper
    const response =
      server.protocol === 'pws'
        ? await ask(this.caller, 'POST', this.url, { signal })
        : await ask(this.caller, 'GET', this.url, {
            signal,
            headers: { accept: 'application/x-tar' }
          })
    return { response, from: 0, size: undefined }
  }

  private pause(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, PAUSE_MS)
      addEventListener('online', () => (clearTimeout(timer), resolve()), { once: true })
      this.stopper.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()))
    })
  }

  stop(): void {
    this.stopper.abort()
  }

  again(): void {
    this.stopper = new AbortController()
    void this.run()
  }
}

export const downloads = signal<Download[]>([])

export function download(caller: Caller, url: string, name: string, archive = false): void {
  const added = new Download(caller, url, name, archive)
  downloads.value = [...downloads.value, added]
  void added.run()
}

export function forgetDone(): void {
  const over: State[] = ['done', 'stopped']
  downloads.value = downloads.value.filter(({ state }) => !over.includes(state.value))
}

interface Sink {
  seek(at: number): Promise<void>
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  file(): Promise<Blob>
}

async function folder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory()
    return await root.getDirectoryHandle(FOLDER, { create: true })
  } catch {
    return undefined
  }
}

// What earlier visits left there.
export async function sweepDownloads(): Promise<void> {
  const root = await navigator.storage?.getDirectory?.().catch(() => undefined)
  await root?.removeEntry(FOLDER, { recursive: true }).catch(() => undefined)
}

async function openSink(key: string): Promise<Sink> {
  const handle = await (await folder())?.getFileHandle(key, { create: true })
  if (!handle || !('createWritable' in handle)) return memorySink()
  const out = await handle.createWritable()
  return {
    seek: async at => {
      await out.truncate(at)
      await out.seek(at)
    },
    write: bytes => out.write(bytes),
    file: async () => {
      await out.close()
      return await handle.getFile()
    }
  }
}

function memorySink(): Sink {
  let blob = new Blob()
  return {
    seek: async at => void (blob = blob.slice(0, at)),
    write: async bytes => {
      if (blob.size + bytes.length > MOST_IN_MEMORY) throw new RangeError()
      blob = new Blob([blob, bytes])
    },
    file: async () => blob
  }
}

// The browser's own download of it, under a name without what a path or a terminal could be led
// astray by. Its type is nobody's, so that nothing is opened by it.
function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName(name)
  link.click()
  // The browser begins to read it some time later, and says nothing of that.
  setTimeout(() => URL.revokeObjectURL(url), 10 * 60 * 1000)
}

export function fileName(name: string): string {
  const last = name.split('/').filter(Boolean).pop() ?? ''
  const plain = last.replace(/[\p{C}<>:"/\\|?*]/gu, '_').replace(/^[.\s]+|[.\s]+$/g, '')
  return plain.slice(0, 200) || 'download'
}
