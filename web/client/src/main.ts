import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import { I18n, preferredLocale } from './i18n/i18n.svelte';
import App from './view/App.svelte';

async function start(): Promise<void> {
  const target = document.getElementById('app');
  if (target === null) throw new Error('index.html has no #app');
  const locale = preferredLocale();
  document.documentElement.lang = locale;
  mount(App, { target, props: { i18n: await I18n.start(locale) } });
}

void start();
