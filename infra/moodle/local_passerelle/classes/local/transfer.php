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

namespace local_passerelle\local;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/filelib.php');

/**
 * Bytes over the wire: archives straight to and from disk, never through memory, no redirects.
 *
 * Moodle's own curl underneath, so that the site's proxy and its blocked addresses count here too.
 *
 * @package    local_passerelle
 * @copyright  2026 The Passerelle authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class transfer extends \curl {
    /** Seconds without 1 kB/s after which a connection counts as cut. */
    private const STALLED = 60;

    /**
     * A connection for one address.
     *
     * @param bool $named whether the administrator named the very origin, so that Moodle's blocking is not asked
     */
    public function __construct(bool $named) {
        parent::__construct(['ignoresecurity' => $named]);
    }

    /**
     * Options of every transfer.
     *
     * @return array
     */
    private function common(): array {
        return [
            'CURLOPT_FOLLOWLOCATION' => 0,
            'CURLOPT_SSL_VERIFYPEER' => 1,
            'CURLOPT_SSL_VERIFYHOST' => 2,
            'CURLOPT_CONNECTTIMEOUT' => 15,
            'CURLOPT_TIMEOUT' => 0,
            'CURLOPT_LOW_SPEED_LIMIT' => 1024,
            'CURLOPT_LOW_SPEED_TIME' => self::STALLED,
        ];
    }

    /**
     * Fetch to a file, going on where the file ends.
     *
     * @param string $url
     * @param string $path
     * @param int $filesize how many bytes are expected in all; one more ends the transfer
     * @param callable(int, string): bool $onbytes told how many bytes lie there, and the last of them; false ends the transfer
     * @return int the HTTP status, 0 where the connection broke
     */
    public function fetch(string $url, string $path, int $filesize, callable $onbytes): int {
        clearstatcache(true, $path);
        $have = file_exists($path) ? filesize($path) : 0;
        $file = fopen($path, $have ? 'ab' : 'wb');
        if (!$file) {
            throw new job_failure('diskfull');
        }
        if ($have) {
            $this->setHeader('Range: bytes=' . $have . '-');
        }
        $status = 0;
        $full = false;
        $options = $this->common() + [
            'CURLOPT_HTTPGET' => 1,
            // Some storage compresses on the way if it may: the sha256 is of the bytes as they lie there.
            'CURLOPT_ENCODING' => null,
            'CURLOPT_BUFFERSIZE' => 524288,
            'CURLOPT_WRITEFUNCTION' => function ($handle, $bytes) use (
                $file,
                $filesize,
                $onbytes,
                &$have,
                &$status,
                &$full
            ) {
                if (!$status) {
                    $status = (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
                    if ($status === 200 && $have) {
                        // The server does not know ranges: it starts over, and so does the file.
                        ftruncate($file, 0);
                        $have = 0;
                    }
                }
                $length = strlen($bytes);
                if ($status !== 200 && $status !== 206) {
                    return $length; // An error page: read and forgotten.
                }
                if ($have + $length > $filesize) {
                    $have += $length;
                    return 0;
                }
                $written = fwrite($file, $bytes);
                if ($written !== $length) {
                    $full = true;
                    return 0;
                }
                $have += $length;
                return $onbytes($have, $bytes) ? $length : 0;
            },
        ];
        try {
            $answer = $this->request($url, $options);
        } finally {
            fclose($file);
            $this->resetHeader();
        }
        if ($full) {
            throw new job_failure('diskfull');
        }
        if ($have > $filesize) {
            throw new job_failure('size');
        }
        $this->stop_if_blocked($answer);
        return (int) ($this->get_info()['http_code'] ?? 0);
    }

    /**
     * Put a piece of an open file to an address.
     *
     * @param string $url
     * @param resource $file
     * @param int $offset
     * @param int $length
     * @return int the HTTP status, 0 where the connection broke
     */
    public function put_piece(string $url, $file, int $offset, int $length): int {
        fseek($file, $offset);
        $left = $length;
        $answer = $this->request($url, $this->common() + [
            'CURLOPT_UPLOAD' => 1,
            'CURLOPT_PUT' => 1,
            'CURLOPT_INFILE' => $file,
            'CURLOPT_INFILESIZE' => $length,
            'CURLOPT_BUFFERSIZE' => 524288,
            'CURLOPT_READFUNCTION' => function ($handle, $stream, $max) use (&$left) {
                $wanted = min($max, $left);
                if ($wanted <= 0) {
                    return '';
                }
                $bytes = fread($stream, $wanted);
                $left -= strlen($bytes);
                return $bytes;
            },
        ]);
        $this->stop_if_blocked($answer);
        return (int) ($this->get_info()['http_code'] ?? 0);
    }

    /**
     * Post a body and read a small answer.
     *
     * @param string $url
     * @param string $body
     * @param string[] $headers
     * @param int $timeout seconds
     * @return array{int, string} status (0 where the connection broke) and text
     */
    public function post_body(string $url, string $body, array $headers, int $timeout): array {
        $this->setHeader($headers);
        try {
            $answer = $this->request($url, [
                'CURLOPT_POST' => 1,
                'CURLOPT_POSTFIELDS' => $body,
                'CURLOPT_RETURNTRANSFER' => 1,
                'CURLOPT_TIMEOUT' => $timeout,
                'CURLOPT_CONNECTTIMEOUT' => min(5, $timeout),
            ] + $this->common());
        } finally {
            $this->resetHeader();
        }
        $status = $this->get_errno() ? 0 : (int) ($this->get_info()['http_code'] ?? 0);
        return [$status, is_string($answer) ? $answer : ''];
    }

    /**
     * Moodle answers a blocked address with a sentence and no status.
     *
     * @param mixed $answer
     */
    private function stop_if_blocked($answer): void {
        if (is_string($answer) && $answer !== '' && $answer === $this->get_security()->get_blocked_url_string()) {
            throw new job_failure('hostnotallowed');
        }
    }
}
