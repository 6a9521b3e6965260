// Licensed under the Apache License, Version 2.0; see LICENSE.

// The servers that somebody looks at from here.

import { useState } from 'preact/hooks'
import { addServer, linkTo, removeServer, servers } from '../state'
import { findServer, NoServer } from '../wire/server'
import { t } from '../strings'
import { Field, fieldOf, Name, useDeed, say } from './parts'

export function ServersView() {
  const deed = useDeed()
  const [wrong, setWrong] = useState<string>()
  const add = async (fields: FormData) => {
    setWrong(undefined)
    try {
      const server = await findServer(fieldOf(fields, 'url'))
      await addServer(server)
      say(server.base)
    } catch (error) {
      if (!(error instanceof NoServer)) throw error
      setWrong(t.serverReasons[error.reason])
    }
  }
  return (
    <>
      <h1>{t.servers}</h1>
      {servers.value.length === 0 && <p>{t.noServers}</p>}
      <ul class="cards">
        {servers.value.map(server => (
          <li class="card" key={server.base}>
            <h2>
              <a href={linkTo(['spaces', server.base])}>
                <Name>{server.base}</Name>
              </a>
            </h2>
            <p>{t.protocols[server.protocol]}</p>
            <p class="actions">
              <button onClick={() => void removeServer(server)}>{t.remove}</button>
            </p>
          </li>
        ))}
      </ul>
      <form
        class="line"
        onSubmit={event => {
          event.preventDefault()
          const fields = new FormData(event.currentTarget)
          void deed.run(() => add(fields))
        }}
      >
        <Field name="url" label={t.serverUrl} value={new URL('/', location.href).href} />
        <button class="primary" disabled={deed.busy}>
          {deed.busy ? t.working : t.addServer}
        </button>
      </form>
      {wrong && (
        <p class="failure" role="alert">
          {wrong}
        </p>
      )}
    </>
  )
}
