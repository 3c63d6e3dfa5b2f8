"""The pages of "mdoc-reader serve" in headless Chromium: QR code, waiting, result; the link for a wallet on the same device;
without scripts; and another browser.

  serve_browser.py BASE CA     lines "ok - …" and "not ok - …"

SPDX-License-Identifier: BSD-2-Clause
"""
import json
import sys
import time
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from serve_wallet import Request, Server, claim


def browser(scripts=True):
    options = Options()
    options.binary_location = '/usr/bin/chromium'
    for word in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--window-size=1000,1600',
                 '--disable-background-networking', '--no-first-run'):
        options.add_argument(word)
    options.accept_insecure_certs = True  # its own certificate; the wallet does check it
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    if not scripts:
        options.add_experimental_option('prefs', {'profile.managed_default_content_settings.javascript': 2})
    return webdriver.Chrome(options=options, service=Service('/usr/bin/chromedriver'))


def text(driver):
    return driver.find_element(By.TAG_NAME, 'main').text


def wait_for(driver, what, seconds=20):
    def there(_):
        try:
            return what in driver.page_source
        except Exception:  # pylint: disable=broad-except  # the page is just being loaded
            return False
    try:
        WebDriverWait(driver, seconds, 0.1).until(there)
        return True
    except Exception:  # pylint: disable=broad-except
        return False


def uri_of(driver):
    return driver.find_element(By.ID, 'uri').get_attribute('textContent')


def start(driver, base, flow):
    driver.get(base + '/')
    driver.find_element(By.CSS_SELECTOR, f'button[value={flow}]').click()
    wait_for(driver, 'id="uri"')
    return driver.current_url


def complaints(driver):
    """What the browser says about the page: its policy, above all."""
    return [row['message'] for row in driver.get_log('browser') if row['level'] == 'SEVERE' and 'favicon' not in row['message']]


def by_qr_code(driver, other, base, server):
    driver.get(base + '/')
    claim('氏名' in text(driver), 'the first page says what is asked for')
    page = start(driver, base, 'cross_device')
    claim(driver.find_element(By.CSS_SELECTOR, '.qr svg').size['width'] > 150, 'there is a QR code to be seen')
    request = Request(server, uri_of(driver))
    claim(wait_for(driver, 'Agree or refuse there'), 'the page sees by itself that the wallet has the request')
    claim(not driver.find_elements(By.CSS_SELECTOR, '.qr'), 'and shows the code no longer')
    request.send(request.payload(request.device_response()))
    began = time.monotonic()
    claim(wait_for(driver, '番'), f'and the result, after {time.monotonic() - began:.1f} s')
    claim('VERIFIED' in text(driver).upper() and 'NOT VERIFIED' not in text(driver).upper(), 'which is verified')
    picture = driver.find_elements(By.CSS_SELECTOR, 'figure img')
    claim(bool(picture) and driver.execute_script('return arguments[0].naturalWidth', picture[0]) > 0, 'with the portrait')
    other.get(page)
    claim('番' not in other.page_source and 'another browser' in text(other), 'another browser does not see it')
    claim(complaints(driver) == [], f'nothing breaks the policy: {complaints(driver)}')
    driver.save_screenshot('result.png')
    claim(wait_for(driver, 'no such transaction', 12), 'after a while it is gone from the screen, too')


def on_the_same_device(driver, other, base, server):
    start(driver, base, 'same_device')
    link = driver.find_element(By.ID, 'wallet').get_attribute('href')
    claim(link.startswith('openid4vp://') and not driver.find_elements(By.CSS_SELECTOR, '.qr'), 'a link and no code')
    request = Request(server, link)
    back = json.loads(request.send(request.payload(request.device_response())).body)['redirect_uri']
    claim(wait_for(driver, 'leads you back here') and '番' not in driver.page_source, 'nothing before the holder is back')
    other.get(back)
    claim('番' not in other.page_source, 'who takes the way back in another browser sees nothing')
    driver.get(back)
    claim('番' in driver.page_source and 'response_code' not in driver.current_url, 'in the first one there is the result')
    driver.find_element(By.CSS_SELECTOR, 'form[action$="/end"] button').click()
    claim(wait_for(driver, 'name="flow"') and urlsplit(driver.current_url).path == '/', 'which can be made to go')


def refused(driver, base, server):
    start(driver, base, 'cross_device')
    request = Request(server, uri_of(driver))
    request.send({'error': 'access_denied', 'error_description': '<script>document.title="x"</script>', 'state':
                  request.claims['state']})
    claim(wait_for(driver, 'access_denied') and 'NOT VERIFIED' in text(driver), 'a refusal is no result')
    claim('<script>' in text(driver) and driver.title != 'x', 'and what the wallet says is text')


def without_scripts(base, server):
    driver = browser(scripts=False)
    try:
        start(driver, base, 'cross_device')
        request = Request(server, uri_of(driver))
        request.send(request.payload(request.device_response()))
        claim(wait_for(driver, '番', 25), 'without scripts the page looks for itself')
    finally:
        driver.quit()


def main(base, ca):
    server = Server(base, ca)
    driver, other = browser(), browser()
    try:
        for part, args in ((by_qr_code, (driver, other, base, server)), (on_the_same_device, (driver, other, base, server)),
                           (refused, (driver, base, server)), (without_scripts, (base, server))):
            print('#', part.__name__, flush=True)
            try:
                part(*args)
            except Exception as error:  # pylint: disable=broad-except
                claim(False, f'{part.__name__}: {error!r}')
        start(driver, base, 'cross_device')
    finally:
        driver.quit()
        other.quit()


if __name__ == '__main__':
    main(*sys.argv[1:])
