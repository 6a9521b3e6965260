// Licensed under the Apache License, Version 2.0; see LICENSE.

// Editing a text or JSON. What is saved replaces the version that was opened and no other: if there
// is another one meanwhile, that is said, and both are still there.

import { useEffect, useId, useState } from 'preact/hooks'
import { t } from '../strings'
import type { Change } from '../wire/changes'
import { readFrom, write } from '../wire/content'
import { Refused, type Caller } from '../wire/request'
import { isJsonType } from '../wire/values'
import { Failure, Loading, useDeed, useLoaded } from './parts'

interface EditorProps {
  caller: Caller
  url: string
  news: Change | undefined
  close(saved: boolean): void
}

export function Editor({ caller, url, news, close }: EditorProps) {
  const id = useId()
  const opened = useLoaded(async () => {
    const { about, response } = await readFrom(caller, url, 0)
    return { about, text: await response.text() }
  }, [url])
  // Nothing until something is typed, so that no load can come after it and take it away.
  const [typed, setTyped] = useState<string>()
  const text = typed ?? opened.value?.text ?? ''
  const [wrong, setWrong] = useState<string>()
  const [conflict, setConflict] = useState(false)
  const deed = useDeed()
  const about = opened.value?.about
  useEffect(() => {
    if (news?.etag && about && news.etag !== about.etag && !deed.busy) setConflict(true)
  }, [news?.etag, about?.etag])
  if (!about) return opened.error ? <Failure error={opened.error} /> : <Loading />

  const save = async (condition: { etag: string } | 'any') => {
    setWrong(undefined)
    if (isJsonType(about.type))
      try {
        JSON.parse(text)
      } catch (error) {
        return setWrong(t.notJson((error as Error).message))
      }
    try {
      await write(caller, url, condition, { body: new Blob([text]), type: about.type })
      close(true)
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 412) throw error
      setConflict(true)
    }
  }
  const discard = () => {
    setConflict(false)
    setTyped(undefined)
    opened.reload()
  }
  return (
    <form
      class="editor"
      onSubmit={event => {
        event.preventDefault()
        void deed.run(() => save({ etag: about.etag }))
      }}
    >
      <label for={id}>{t.content}</label>
      <textarea
        id={id}
        rows={20}
        spellcheck={false}
        value={text}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onInput={event => setTyped(event.currentTarget.value)}
      />
      {wrong && (
        <p id={`${id}-wrong`} class="failure" role="alert">
          <bdi>{wrong}</bdi>
        </p>
      )}
      {conflict && (
        <div class="failure conflict" role="alert">
          <p>{t.changedElsewhere}</p>
          <p class="actions">
            <button type="button" onClick={discard}>
              {t.loadTheirs}
            </button>
            <button type="button" class="danger" onClick={() => void deed.run(() => save('any'))}>
              {t.overwrite}
            </button>
          </p>
        </div>
      )}
      <Failure error={deed.error} />
      <p class="actions">
        <button type="submit" class="primary" disabled={deed.busy || conflict}>
          {deed.busy ? t.working : t.save}
        </button>
        <button type="button" onClick={() => close(false)}>
          {t.cancel}
        </button>
      </p>
    </form>
  )
}
