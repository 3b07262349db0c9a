import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import { I18n, preferredLocale } from './i18n/i18n.svelte';
import { App as AppState } from './state/app.svelte';
import { watchStyles } from './state/parts';
import { followDevice } from './state/theme';
import App from './view/App.svelte';

async function start(): Promise<void> {
  const target = document.getElementById('app');
  followDevice();
  watchStyles();
  if (target === null) throw new Error('index.html has no #app');
  const locale = preferredLocale();
  document.documentElement.lang = locale;
  const app = new AppState(await I18n.start(locale));
  await app.recognise();
  mount(App, { target, props: { app } });
}

void start();
