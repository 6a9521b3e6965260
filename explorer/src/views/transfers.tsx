// Licensed under the Apache License, Version 2.0; see LICENSE.

// What goes up and comes down at the moment, and what one can do about it.

import { t } from '../strings'
import * as down from '../transfer/downloads'
import * as up from '../transfer/uploads'
import { readAbout } from '../wire/content'
import { inWords, Name } from './parts'

export function Transfers() {
  const ups = up.uploads.value
  const downs = down.downloads.value
  if (ups.length + downs.length === 0) return null
  const paused = up.paused.value
  const waiting = ups.some(({ state }) => state.value === 'waiting')
  return (
    <section class="transfers" aria-label={t.transfers}>
      <h2>{t.transfers}</h2>
      <ul>
        {ups.map(one => (
          <UploadLine key={one.key} one={one} />
        ))}
        {downs.map(one => (
          <DownloadLine key={one.key} one={one} />
        ))}
      </ul>
      {paused && <p role="status">{t.paused}</p>}
      <p class="actions">
        {paused ? (
          <button onClick={up.goOn}>{t.goOn}</button>
        ) : (
          waiting && <button onClick={up.pause}>{t.pause}</button>
        )}
        <button
          onClick={() => {
            up.forgetDone()
            down.forgetDone()
          }}
        >
          {t.forgetDone}
        </button>
      </p>
    </section>
  )
}

function Bar({ name, done, size }: { name: string; done: number; size: number | undefined }) {
  return (
    <>
      <progress aria-label={name} max={size || 1} value={size === undefined ? undefined : done} />
      <span class="hint">
        {size === undefined ? t.size(done) : t.progress(t.size(done), t.size(size))}
      </span>
    </>
  )
}

function UploadLine({ one }: { one: up.Upload }) {
  const state = one.state.value
  const broken = state === 'failed' && up.isBroken(one)
  const replace = async () => {
    const { etag } = await readAbout(one.caller, one.url)
    one.again({ etag })
  }
  // A name that nobody has, and that shows what it is another one of.
  const keepBoth = () => {
    const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(one.id)!
    one.id = `${stem!.slice(0, 200)}-${crypto.randomUUID().slice(0, 8)}${ending ?? ''}`
    one.name = one.id
    one.again('new')
  }
  return (
    <li class={`transfer ${state}`}>
      <Name>{one.file.name}</Name> <span role="status">{broken ? t.broken : t.upload[state]}</span>
      {(state === 'sending' || state === 'reading') && (
        <Bar name={one.file.name} done={one.done.value} size={one.file.size} />
      )}
      {state === 'failed' && !broken && <bdi class="why">{inWords(one.problem).join(' ')}</bdi>}
      <span class="actions">
        {['waiting', 'reading', 'sending'].includes(state) && (
          <button onClick={() => one.stop()}>{t.stop}</button>
        )}
        {['failed', 'stopped'].includes(state) && (
          <button onClick={() => one.again()}>{t.tryAgain}</button>
        )}
        {state === 'conflict' && (
          <>
            <button class="danger" onClick={() => void replace().catch(() => undefined)}>
              {t.replace}
            </button>
            <button onClick={keepBoth}>{t.keepBoth}</button>
          </>
        )}
      </span>
    </li>
  )
}

function DownloadLine({ one }: { one: down.Download }) {
  const state = one.state.value
  return (
    <li class={`transfer ${state}`}>
      <Name>{one.name}</Name> <span role="status">{t.downloadStates[state]}</span>
      {(state === 'running' || state === 'broken') && (
        <Bar name={one.name} done={one.done.value} size={one.size.value} />
      )}
      {state === 'failed' && <bdi class="why">{inWords(one.problem).join(' ')}</bdi>}
      <span class="actions">
        {['running', 'broken'].includes(state) && (
          <button onClick={() => one.stop()}>{t.stop}</button>
        )}
        {['failed', 'stopped'].includes(state) && (
          <button onClick={() => one.again()}>{t.tryAgain}</button>
        )}
      </span>
    </li>
  )
}
