<?php
// This file is part of Passerelle, plugins for Moodle - http://moodle.org/
//
// This program is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// This program is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with this program.  If not, see <http://www.gnu.org/licenses/>.

namespace local_passerelle;

use local_passerelle\local\api;
use local_passerelle\local\gate;

/**
 * Which addresses are allowed, and how calls are signed.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \local_passerelle\local\gate
 * @covers \local_passerelle\local\api
 */
final class gate_test extends \basic_testcase {
    /**
     * Addresses and what the settings say of them.
     *
     * @return array[]
     */
    public static function addresses(): array {
        return [
            'a host that is named, https' => ['https://s3.example.org/a?b=c', 's3.example.org', gate::GUARDED],
            'the same host on another port' => ['https://s3.example.org:8443/a', 's3.example.org', gate::CLOSED],
            'the same host without TLS' => ['http://s3.example.org/a', 's3.example.org', gate::CLOSED],
            'a host that ends like it' => ['https://evil-s3.example.org/a', 's3.example.org', gate::CLOSED],
            'an origin that is named' => ['http://127.0.0.1:4566/a', "a.example\nhttp://127.0.0.1:4566", gate::NAMED],
            'another port of that origin' => ['http://127.0.0.1:22/a', 'http://127.0.0.1:4566', gate::CLOSED],
            'a user name before the host' => ['https://s3.example.org@evil.example/a', 's3.example.org', gate::CLOSED],
            'a file' => ['file:///etc/passwd', 's3.example.org', gate::CLOSED],
            'nothing named' => ['https://s3.example.org/a', '', gate::CLOSED],
        ];
    }

    /**
     * An address is allowed exactly as far as the administrator said.
     *
     * @dataProvider addresses
     * @param string $url
     * @param string $lines
     * @param int $verdict
     */
    public function test_address_is_allowed_as_far_as_it_is_named(string $url, string $lines, int $verdict): void {
        $this->assertSame($verdict, gate::judge($url, $lines));
    }

    /**
     * The signature is that of the Standard Webhooks specification's own example.
     */
    public function test_signature_is_that_of_standard_webhooks(): void {
        $key = base64_decode('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
        $signature = api::signature('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}', [$key]);
        $this->assertSame('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', $signature);
    }
}
